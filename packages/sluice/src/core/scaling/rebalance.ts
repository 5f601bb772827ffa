/**
 * Long-lived connections stay where they were opened: an instance that a scale-out added gets only new ones. After a scale-out the most loaded
 * instances therefore close a small share of theirs, step by step, until all are near the mean; the clients come back, and are balanced anew. Never at
 * another time: what is uneven without a scale-out is uneven on purpose (affinity, weights). Pure; O(instances) per step.
 */
import { after, type Instant } from '../../base/time.ts';
import type { Random } from '../../base/random.ts';
import type { RebalancePlan } from './policy.ts';

export interface InstanceLoad {
  /** The endpoint's row. */
  readonly endpoint: number;
  /** Requests and connections in flight. */
  readonly inflight: number;
}

/** Close this share of an endpoint's connections, spread over so many milliseconds. */
export interface ShedOrder {
  readonly endpoint: number;
  readonly share: number;
  readonly spreadMs: number;
}

/** Clients that do not come back leave the rest uneven for ever; it must not be chased for ever. */
const CHASE_MS = 900_000;
/** Fewer connections above the mean than this are even. */
const EXCESS_MIN = 2;
/** Part of the time between two steps in which connections are closed; in the rest their clients come back and are counted. */
const SPREAD = 0.7;
/** Each wait is `everyMs` × (1 ± this). */
const JITTER = 0.1;

export class Rebalancer {
  /** Set by a scale-out, until everything is even. */
  #chase: { readonly readyBefore: number; readonly until: Instant } | null = null;
  #nextAt: Instant | null = null;

  /** More instances were asked for. @param ready How many there were. */
  scaledOut(ready: number, now: Instant): void {
    const readyBefore = Math.min(ready, this.#chase?.readyBefore ?? ready);
    this.#chase = { readyBefore, until: after(now, CHASE_MS) };
  }

  /** What is to be closed now. @param loads Of the ready instances. */
  step(plan: RebalancePlan, loads: readonly InstanceLoad[], now: Instant, random: Random): readonly ShedOrder[] {
    if (this.#chase === null || (this.#nextAt !== null && now < this.#nextAt)) return [];
    if (now >= this.#chase.until) this.#chase = null;
    // Nobody is there yet who could take them.
    if (this.#chase === null || loads.length <= this.#chase.readyBefore) return [];
    const mean = loads.reduce((sum, { inflight }) => sum + inflight, 0) / loads.length;
    const heavy = loads.filter(({ inflight }) => inflight > plan.above * mean && inflight - mean >= EXCESS_MIN);
    if (heavy.length === 0) this.#chase = null;
    else this.#nextAt = after(now, plan.everyMs * (1 + JITTER * (2 * random() - 1)));
    return heavy.map(({ endpoint, inflight }) => ({
      endpoint,
      share: Math.min(plan.share, (inflight - mean) / inflight),
      spreadMs: plan.everyMs * SPREAD,
    }));
  }
}
