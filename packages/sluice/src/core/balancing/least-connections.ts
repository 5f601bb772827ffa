/**
 * Least connections: the endpoint with the fewest requests in flight per weight, over all workers. Equal shares go round by weight.
 * The best choice for one gateway with requests of uneven cost (it sees every request there is). Source: nginx `least_conn`, LVS `wlc`.
 */
import type { Instant } from '../../base/time.ts';
import { LeastScan } from './least-scan.ts';

export class LeastConnections extends LeastScan {
  protected override look(block: number, from: number, to: number, _now: Instant): void {
    const { inflight } = this.context.table;
    const { slots, requestsMax } = this.candidates;
    const { weights, turns } = this;
    let best = Infinity;
    let bestTurn = -Infinity;
    let winner = -1;
    for (let index = from; index < to; index++) {
      const pending = inflight[slots[index]!]!;
      // Division rounds equal ratios to equal numbers, so that ties stay ties.
      const score = pending / weights[index]!;
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
}
