/**
 * Least bandwidth: the endpoint with the lowest rate of bytes (both ways) per weight. For downloads and streams, where requests
 * say little about load. Known from application delivery controllers.
 *
 * A rate is known only when bodies have ended, which would send everything to one endpoint until its first body ends. So
 * each request in flight counts as the mean body of what this worker saw.
 */
import type { Instant } from '../../base/time.ts';
import { averageBytes, decayFactor, stepsPerMs } from './averages.ts';
import type { BalancerContext } from './balancer.ts';
import { LeastScan } from './least-scan.ts';

/** Share that one body has in this worker's mean. */
const MEAN_SHARE = 1 / 128;

export class LeastBandwidth extends LeastScan {
  readonly #decayMs: number;
  readonly #stepsPerMs: number;
  #meanBytes = 0;

  /** @param decayMs Time constant of the rates. */
  constructor(context: BalancerContext, decayMs: number) {
    super(context);
    this.#decayMs = decayMs;
    this.#stepsPerMs = stepsPerMs(decayMs);
  }

  protected override look(block: number, from: number, to: number, now: Instant): void {
    const { inflight, bytesRate, bytesStamp } = this.context.table;
    const { slots, requestsMax } = this.candidates;
    const { weights, turns } = this;
    const pendingRate = this.#meanBytes / (this.#decayMs / 1000);
    const steps = this.#stepsPerMs;
    let best = Infinity;
    let bestTurn = -Infinity;
    let winner = -1;
    for (let index = from; index < to; index++) {
      const slot = slots[index]!;
      const pending = inflight[slot]!;
      const rate = bytesRate[slot]! * decayFactor(now - bytesStamp[slot]!, steps);
      const score = (rate + pending * pendingRate) / weights[index]!;
      if (score < best || (score === best && turns[index]! < bestTurn)) {
        const limit = requestsMax[index]!;
        if (limit !== 0 && pending >= limit) continue;
        best = score;
        bestTurn = turns[index]!;
        winner = index;
      }
    }
    this.keep(block, best, winner);
  }

  observe(slot: number, _latencyMs: number, _failed: boolean, bytes: number, now: Instant): void {
    averageBytes(this.context.table, slot, bytes, this.#decayMs, now);
    this.#meanBytes = this.#meanBytes === 0 ? bytes : this.#meanBytes + (bytes - this.#meanBytes) * MEAN_SHARE;
  }
}
