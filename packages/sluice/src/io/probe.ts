/**
 * The outside capability that health checks use: ask one endpoint once. A probe never throws: what goes wrong is its result. The caller's
 * signal is the timeout and the way to call it off.
 */
import type { AddressPlan, HealthPlan } from '../config/plan.ts';

/** What is asked. */
export interface ProbeTarget {
  readonly service: string;
  /** The endpoint's canonical address, as metrics and the admin API name it. */
  readonly endpoint: string;
  /** Where it is reached; `HealthPlan.port` is applied already. */
  readonly address: AddressPlan;
}

export interface ProbeResult {
  readonly passed: boolean;
  /** For people: `200`, `connect ECONNREFUSED 127.0.0.1:3001`, `status 503, expected 200-399`. */
  readonly detail: string;
}

/** Asks once. Settles soon after the signal is aborted; the reason then stands in `detail`. */
export type Probe = (target: ProbeTarget, plan: HealthPlan, signal: AbortSignal) => Promise<ProbeResult>;
