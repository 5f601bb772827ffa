/**
 * Peak EWMA: of two random endpoints, the one with the lower latency × (requests in flight + 1) per weight. The average jumps up
 * with a slow reply and comes down slowly, so one bad sign is enough to turn away and it takes many good ones to return.
 * Source: Finagle's PeakEwma, Linkerd. O(1).
 *
 * Two of its known faults are handled. Finagle's average decays to zero without samples, which makes a slow endpoint look
 * perfect as soon as it is left alone: here it decays towards the mean of what this worker sees. And errors are fast: a
 * failure counts as at least a second, and doubles (see `averages.ts`). Averages are shared by all workers, so that
 * each endpoint's get the samples of all.
 */
import type { Instant } from '../../base/time.ts';
import type { BalancerContext } from './balancer.ts';
import { averageLatency, decayFactor, latencySample, stepsPerMs } from './averages.ts';
import { TwoChoices } from './two-choices.ts';

/** Cost of an endpoint that is busy and has never replied (Finagle): above anything measured, below Infinity. */
const PENALTY = 2 ** 47;
/** Share that one reply has in this worker's mean latency. */
const MEAN_SHARE = 1 / 128;

export class PeakEwma extends TwoChoices {
  readonly #decayMs: number;
  readonly #stepsPerMs: number;
  /** Mean latency over all endpoints; 0 = nothing seen yet. */
  #mean = 0;

  /** @param decayMs Time constant; Finagle and Linkerd use 10 s. */
  constructor(context: BalancerContext, decayMs: number) {
    super(context);
    this.#decayMs = decayMs;
    this.#stepsPerMs = stepsPerMs(decayMs);
  }

  protected override cost(index: number, now: Instant): number {
    const { table } = this.context;
    const slot = this.candidates.slots[index]!;
    const pending = table.inflight[slot]!;
    const average = table.latencyEwma[slot]!;
    // An endpoint without history gets one request to make some, then none until it has replied.
    if (average === 0) return pending === 0 ? 0 : PENALTY + pending;
    const kept = decayFactor(now - table.latencyStamp[slot]!, this.#stepsPerMs);
    const latency = this.#mean === 0 ? average : this.#mean + (average - this.#mean) * kept;
    return (latency * (pending + 1)) / this.candidates.weights[index]!;
  }

  observe(slot: number, latencyMs: number, failed: boolean, _bytes: number, now: Instant): void {
    const { table } = this.context;
    const sample = latencySample(table.latencyEwma[slot]!, latencyMs, failed);
    averageLatency(table, slot, sample, true, this.#decayMs, now);
    this.#mean = this.#mean === 0 ? sample : this.#mean + (sample - this.#mean) * MEAN_SHARE;
  }
}
