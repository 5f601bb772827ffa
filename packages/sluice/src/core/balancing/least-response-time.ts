/**
 * Least response time: lowest latency × (requests in flight + 1) per weight over all endpoints. Source: nginx `least_time`, with its
 * tricks: latency in buckets of 20 ms, so that near-equals share; a cap of 5 s, so that one that was very slow still gets a request
 * now and then; half for each time constant without a sample, so that one that has recovered is found out.
 */
import type { Instant } from '../../base/time.ts';
import { averageLatency, latencySample } from './averages.ts';
import type { BalancerContext } from './balancer.ts';
import { LeastScan } from './least-scan.ts';

const BUCKET_MS = 20;
const CAP_MS = 5000;
/** 2^-13 of the cap is less than a millisecond: further halving changes no bucket. */
const HALVINGS_MAX = 13;

/** An average as it counts for balancing: halved per idle time constant, capped, in buckets of 20 ms (20, 40, …). */
export function latencyBucket(averageMs: number, idleMs: number, decayMs: number): number {
  let latency = averageMs;
  if (idleMs >= decayMs) latency /= 1 << Math.min((idleMs / decayMs) | 0, HALVINGS_MAX);
  if (latency >= CAP_MS) return CAP_MS;
  return (((latency * (1 / BUCKET_MS)) | 0) + 1) * BUCKET_MS;
}

export class LeastResponseTime extends LeastScan {
  readonly #decayMs: number;

  /** @param decayMs Time constant of the average. */
  constructor(context: BalancerContext, decayMs: number) {
    super(context);
    this.#decayMs = decayMs;
  }

  protected override look(block: number, from: number, to: number, now: Instant): void {
    const { inflight, latencyEwma, latencyStamp } = this.context.table;
    const { slots, requestsMax } = this.candidates;
    const { weights, turns } = this;
    const decayMs = this.#decayMs;
    let best = Infinity;
    let bestTurn = -Infinity;
    let winner = -1;
    for (let index = from; index < to; index++) {
      const slot = slots[index]!;
      const pending = inflight[slot]!;
      const latency = latencyBucket(latencyEwma[slot]!, now - latencyStamp[slot]!, decayMs);
      const score = (latency * (pending + 1)) / weights[index]!;
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

  observe(slot: number, latencyMs: number, failed: boolean, _bytes: number, now: Instant): void {
    const { table } = this.context;
    averageLatency(table, slot, latencySample(table.latencyEwma[slot]!, latencyMs, failed), false, this.#decayMs, now);
  }
}
