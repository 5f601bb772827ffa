/**
 * What a row of probe results says about one endpoint: `rise` successes in a row bring it up, `fall` failures take it down. While a change is
 * being confirmed, and until the first result is in, the fast interval applies, so that a change is seen in about
 * interval + (fall - 1) × fast interval.
 */
import type { Random } from '../../base/random.ts';
import type { Instant } from '../../base/time.ts';

/** The part of a health plan that decides; the check itself is the shell's. Milliseconds; `jitter` 0..1. */
export interface ProbeRules {
  readonly intervalMs: number;
  readonly fastIntervalMs: number;
  readonly timeoutMs: number;
  readonly jitter: number;
  readonly rise: number;
  readonly fall: number;
  readonly initial: 'up' | 'down';
}

export interface ProbeState {
  readonly isUp: boolean;
  /** Any result at all so far. */
  readonly isChecked: boolean;
  /** Whether it has ever been up, by a probe or by `initial: 'up'`. */
  readonly hasBeenUp: boolean;
  /** Results in a row against the present state: failures while up, successes while down. */
  readonly against: number;
  /** Start of the present row of failures; null when the last probe passed or none was made. */
  readonly failingSince: Instant | null;
}

export interface ProbeStep {
  readonly state: ProbeState;
  /** What this result confirmed. */
  readonly change: 'up' | 'down' | null;
}

/** The state before the first probe. */
export function startProbeState(initial: 'up' | 'down'): ProbeState {
  return { isUp: initial === 'up', isChecked: false, hasBeenUp: initial === 'up', against: 0, failingSince: null };
}

/** The state for a changed check: what was known stays known, a row of results under the old check counts no more. */
export function carryProbeState(state: ProbeState): ProbeState {
  return { ...state, against: 0, failingSince: state.isUp ? null : state.failingSince };
}

/** Takes in one result. */
export function stepProbeState(state: ProbeState, rules: ProbeRules, passed: boolean, now: Instant): ProbeStep {
  const failingSince = passed ? null : (state.failingSince ?? now);
  if (passed === state.isUp) return { state: { ...state, isChecked: true, against: 0, failingSince }, change: null };
  const against = state.against + 1;
  const needed = passed ? rules.rise : rules.fall;
  if (against < needed) return { state: { ...state, isChecked: true, against, failingSince }, change: null };
  return {
    state: { isUp: passed, isChecked: true, hasBeenUp: state.hasBeenUp || passed, against: 0, failingSince },
    change: passed ? 'up' : 'down',
  };
}

/** How long to wait until the next probe starts, in milliseconds: interval × (1 ± jitter). */
export function probeWaitMs(state: ProbeState, rules: ProbeRules, random: Random): number {
  const isConfirming = state.against > 0 || !state.isChecked || (!state.isUp && !state.hasBeenUp);
  const intervalMs = isConfirming ? Math.min(rules.fastIntervalMs, rules.intervalMs) : rules.intervalMs;
  return intervalMs * (1 + rules.jitter * (2 * random() - 1));
}

/**
 * How far apart the first failures of endpoints may lie that one event caused: each endpoint is probed once within the longest interval,
 * and a failure may take until the timeout.
 */
export function probeWindowMs(rules: ProbeRules): number {
  return rules.intervalMs * (1 + rules.jitter) + rules.timeoutMs;
}
