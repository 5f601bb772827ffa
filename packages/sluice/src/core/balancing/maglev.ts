/**
 * Maglev's lookup table: 65,537 entries, filled by the endpoints in turns, each following its own permutation of the table, so that
 * all get almost exactly their share (within 1 % for 1,000 equal endpoints). O(1) lookup. A removed endpoint's keys spread evenly;
 * about as many others move as well.
 * Source: D. Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, §3.4; weights as in
 * Envoy: an endpoint takes its turn only when its weight allows. Building takes about a millisecond.
 */
import { hashString, mix32 } from '../../base/hash.ts';
import type { Candidates } from './balancer.ts';
import type { HashTable } from './hash.ts';

/** Prime, so that every skip visits every entry. As in the paper and Envoy. */
export const MAGLEV_SIZE = 65_537;
const EMPTY = 0xffff;
const SKIP_SEED = 0x5bd1e995;

export class MaglevTable implements HashTable {
  readonly #entries = new Uint16Array(MAGLEV_SIZE);

  rebuild(candidates: Candidates): void {
    fillMaglev(this.#entries, candidates);
  }

  choice(key: number, attempt: number): number {
    // Later choices are other entries, far away: a neighbour's overflow then does not all go to one endpoint.
    return this.#entries[(attempt === 0 ? key : mix32(key + Math.imul(attempt, 0x9e3779b1))) % MAGLEV_SIZE]!;
  }
}

/** Fills a table of any prime size with the indices of the candidates, of which there is at least one. */
export function fillMaglev(entries: Uint16Array, candidates: Pick<Candidates, 'count' | 'weights' | 'addresses'>): void {
  const size = entries.length;
  const { count, weights } = candidates;
  // The turns' order is by address, not by configuration order, so that gateways with other orders agree.
  const order = Array.from({ length: count }, (_, index) => index).sort((left, right) =>
    candidates.addresses[left]! < candidates.addresses[right]! ? -1 : 1,
  );
  const position = new Int32Array(count);
  const skip = new Int32Array(count);
  const targets = new Float64Array(count);
  let heaviest = 0;
  for (let index = 0; index < count; index++) heaviest = Math.max(heaviest, weights[index]!);
  for (let index = 0; index < count; index++) {
    const address = candidates.addresses[index]!;
    position[index] = hashString(address) % size;
    skip[index] = (hashString(address, SKIP_SEED) % (size - 1)) + 1;
  }
  entries.fill(EMPTY);
  for (let filled = 0; ;) {
    for (const index of order) {
      targets[index] = targets[index]! + weights[index]! / heaviest;
      if (targets[index] < 1) continue;
      targets[index] = targets[index] - 1;
      position[index] = claim(entries, index, position[index]!, skip[index]!);
      if (++filled === size) return;
    }
  }
}

/** Takes the endpoint's next free entry; returns where to go on. */
function claim(entries: Uint16Array, index: number, from: number, skip: number): number {
  let at = from;
  while (entries[at] !== EMPTY) {
    at += skip;
    if (at >= entries.length) at -= entries.length;
  }
  entries[at] = index;
  return at;
}
