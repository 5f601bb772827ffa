/**
 * The data plane's side of the circuit breaker. Closed costs one plain read. Half-open, a trial is taken from the shared count, and its end
 * is told back: one failed trial opens the breaker at once, enough good ones let the control plane close it. Requests that were
 * under way since before do not count as trials, however late they end.
 *
 * `breakerTrials` holds trials left in the low 16 bits, good ones above: one word, so that both change together.
 */
import type { EndpointTable } from '../balancing/endpoint-table.ts';

export const BREAKER_CLOSED = 0;
export const BREAKER_OPEN = 1;
export const BREAKER_HALF_OPEN = 2;

/** Trials at most: what 15 bits count. */
export const TRIALS_MAX = 32_767;

const GOOD = 1 << 16;

export type BreakerTable = Pick<EndpointTable, 'breakerState' | 'breakerTrials'>;

/** Takes a trial on a half-open breaker; `open` when none is left. */
export function takeTrial(table: BreakerTable, service: number): 'trial' | 'open' {
  for (;;) {
    const trials = Atomics.load(table.breakerTrials, service);
    if (trialsLeft(trials) === 0) return 'open';
    if (Atomics.compareExchange(table.breakerTrials, service, trials, trials - 1) === trials) return 'trial';
  }
}

/** A trial has ended. One that ends without a verdict (the client went away) is not told: the control plane hands out new ones in time. */
export function recordTrial(table: BreakerTable, service: number, failed: boolean): void {
  if (failed) Atomics.compareExchange(table.breakerState, service, BREAKER_HALF_OPEN, BREAKER_OPEN);
  else Atomics.add(table.breakerTrials, service, GOOD);
}

/** Trials not taken yet. */
export function trialsLeft(trials: number): number {
  return trials & 0xffff;
}

/** Trials that went well. */
export function trialsGood(trials: number): number {
  return trials >> 16;
}
