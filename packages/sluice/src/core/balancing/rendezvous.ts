/**
 * Rendezvous (highest random weight) hashing: every endpoint scores every key, the highest score wins. Minimal disruption by construction:
 * a removal moves the removed endpoint's keys only, an addition only those that it wins. Source: D. Thaler, C. Ravishankar, "A
 * name-based mapping scheme for rendezvous", 1996; weighted score -w / ln u (C. Schindelhauer, G. Schomaker, 2005).
 *
 * A score per endpoint is O(n), microseconds for 1,000. So keys fall into 65,536 buckets, the bucket is what is scored, and each bucket's
 * winner is remembered when first asked for: warm lookups are O(1). When endpoints only leave, the other buckets' winners stay.
 */
import { combineHashes, hashString, mix32 } from '../../base/hash.ts';
import type { Candidates } from './balancer.ts';
import type { HashTable } from './hash.ts';

const BUCKETS = 65_536;
const UNKNOWN = 0xffff;

export class RendezvousTable implements HashTable {
  readonly #winners = new Uint16Array(BUCKETS).fill(UNKNOWN);
  #candidates: Candidates | null = null;
  #seeds = new Int32Array(0);

  rebuild(candidates: Candidates): void {
    if (this.#candidates !== null) this.#keepWinners(this.#candidates, candidates);
    this.#candidates = candidates;
    this.#seeds = new Int32Array(candidates.count);
    for (let index = 0; index < candidates.count; index++) this.#seeds[index] = hashString(candidates.addresses[index]!);
  }

  /** Renumbers the remembered winners if nothing but removals happened; forgets them all otherwise. */
  #keepWinners(before: Candidates, after: Candidates): void {
    const renumbered = new Uint16Array(BUCKETS).fill(UNKNOWN);
    const indices = new Map<string, number>();
    for (let index = 0; index < before.count; index++) indices.set(before.addresses[index]!, index);
    for (let index = 0; index < after.count; index++) {
      const previous = indices.get(after.addresses[index]!);
      if (previous === undefined || before.weights[previous] !== after.weights[index]) {
        this.#winners.fill(UNKNOWN);
        return;
      }
      renumbered[previous] = index;
    }
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.#winners[bucket] = renumbered[this.#winners[bucket]!]!;
  }

  choice(key: number, attempt: number): number {
    // A later choice is the winner of another bucket, so that it costs no more than the first.
    const bucket = mix32(key + Math.imul(attempt, 0x9e3779b1)) & (BUCKETS - 1);
    const winner = this.#winners[bucket]!;
    if (winner !== UNKNOWN) return winner;
    return (this.#winners[bucket] = this.#best(bucket));
  }

  /** The candidate with the highest score. Logarithms are only taken where the weights differ from the best one's so far. */
  #best(bucket: number): number {
    const { count, weights } = this.#candidates!;
    let best = 0;
    let bestHash = combineHashes(this.#seeds[0]!, bucket);
    for (let index = 1; index < count; index++) {
      const hash = combineHashes(this.#seeds[index]!, bucket);
      const isHigher = weights[index] === weights[best] ? hash > bestHash : score(hash, weights[index]!) > score(bestHash, weights[best]!);
      if (!isHigher) continue;
      best = index;
      bestHash = hash;
    }
    return best;
  }
}

function score(hash: number, weight: number): number {
  return -weight / Math.log((hash + 0.5) / 4_294_967_296);
}
