/**
 * Adaptive concurrency: Netflix' Gradient2 (concurrency-limits, `Gradient2Limit`). The long average of the response time stands for the
 * service without a queue; when the present one is above it by more than the tolerance, the limit falls in proportion, otherwise it grows
 * by `QUEUE` per update. The limit moves only while at least half of it is used, because an idle service proves nothing.
 *
 * One update takes the mean of one sampling window, as Netflix' `WindowedLimit` does, not one request.
 */

/** Satisfied by the plan's adaptive limits. */
export interface GradientRules {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
}

export interface GradientState {
  readonly limit: number;
  /** Long average of the response time in milliseconds. */
  readonly longRttMs: number;
  /** Updates so far; the first `WARM_UP` make a plain mean. */
  readonly samples: number;
}

/** Growth per update, in requests: the queue that is allowed to stand. */
const QUEUE = 4;
/** Multiple of the long average that is no sign of a queue yet. */
const TOLERANCE = 1.5;
const SMOOTHING = 0.2;
const LONG_WINDOW = 600;
const WARM_UP = 10;

export function startGradient(rules: GradientRules): GradientState {
  return { limit: clamp(rules.initial, rules.min, rules.max), longRttMs: 0, samples: 0 };
}

/**
 * Takes in one sampling window.
 * @param rttMs Mean response time of the window, > 0.
 * @param inflight Most requests in flight in the window.
 */
export function stepGradient(state: GradientState, rules: GradientRules, rttMs: number, inflight: number): GradientState {
  const samples = state.samples + 1;
  const weight = samples <= WARM_UP ? 1 / samples : 2 / (LONG_WINDOW + 1);
  const averageMs = state.longRttMs + (rttMs - state.longRttMs) * weight;
  // After a spell of overload the average is too high; let it come down faster than its window.
  const longRttMs = averageMs / rttMs > 2 ? averageMs * 0.95 : averageMs;
  if (inflight < state.limit / 2) return { limit: clamp(state.limit, rules.min, rules.max), longRttMs, samples };
  const gradient = clamp((TOLERANCE * averageMs) / rttMs, 0.5, 1);
  const limit = state.limit * (1 - SMOOTHING) + (state.limit * gradient + QUEUE) * SMOOTHING;
  return { limit: clamp(limit, rules.min, rules.max), longRttMs, samples };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
