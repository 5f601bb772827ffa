/** How far a deploy may go above and below the wanted number of instances (Kubernetes' `maxSurge` and `maxUnavailable`, with its rounding). */
import type { Amount, DeployPlan } from './deploy-policy.ts';

export interface DeployRoom {
  /** Instances above the wanted number, while they change places. */
  readonly surge: number;
  /** Ready instances below it. */
  readonly unavailable: number;
}

/** Surge is rounded up, unavailable down; where both would be 0 nothing could ever move, so that surge is 1. */
export function deployRoom(plan: DeployPlan, wanted: number): DeployRoom {
  const surge = count(plan.maxSurge, wanted, Math.ceil);
  const unavailable = Math.min(wanted, count(plan.maxUnavailable, wanted, Math.floor));
  return { surge: surge === 0 && unavailable === 0 ? 1 : surge, unavailable };
}

/** Shares of floating point: 0.1 × 30 is a hair above 3. */
const HAIR = 1e-9;

function count({ by, amount }: Amount, wanted: number, round: (value: number) => number): number {
  if (by === 'count') return Math.max(0, Math.floor(amount));
  return Math.max(0, round(amount * wanted + (round === Math.ceil ? -HAIR : HAIR)));
}
