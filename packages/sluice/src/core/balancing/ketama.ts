/**
 * Ketama: a ring of points, 160 per unit of weight, each the hash of address and number; a key belongs to the first
 * point at or after it. Only a removed endpoint's keys move. Lookup O(log points) by binary search, shares within about 8 %.
 * Source: R. Jones, "libketama", 2007; points per weight as in nginx's `hash … consistent`.
 */
import { combineHashes, hashString } from '../../base/hash.ts';
import type { Candidates } from './balancer.ts';
import type { HashTable } from './hash.ts';

const POINTS_PER_WEIGHT = 160;
/** Points at most; above it points per weight are halved until they fit, which keeps the remaining points where they were. */
const POINTS_MAX = 262_144;
/** A point and its owner in one number: 32 bits of hash, 14 of index (the endpoint table's capacity). */
const OWNERS = 16_384;

export class KetamaRing implements HashTable {
  #points = new Uint32Array(0);
  #owners = new Uint16Array(0);

  rebuild(candidates: Candidates): void {
    let scale = POINTS_PER_WEIGHT;
    while (scale > 1 && countPoints(candidates, scale) > POINTS_MAX) scale /= 2;
    const packed = new Float64Array(countPoints(candidates, scale));
    let length = 0;
    for (let index = 0; index < candidates.count; index++) {
      const seed = hashString(candidates.addresses[index]!);
      const points = pointsOf(candidates, index, scale);
      for (let point = 0; point < points; point++) packed[length++] = combineHashes(seed, point) * OWNERS + index;
    }
    packed.sort();
    this.#points = new Uint32Array(length);
    this.#owners = new Uint16Array(length);
    for (let place = 0; place < length; place++) {
      const owner = packed[place]! % OWNERS;
      this.#owners[place] = owner;
      this.#points[place] = (packed[place]! - owner) / OWNERS;
    }
  }

  choice(key: number, attempt: number): number {
    const points = this.#points;
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (points[middle]! < key) low = middle + 1;
      else high = middle;
    }
    // The next choices are the next points clockwise.
    return this.#owners[(low + attempt) % points.length]!;
  }
}

function pointsOf(candidates: Candidates, index: number, scale: number): number {
  return Math.max(1, Math.round(candidates.weights[index]! * scale));
}

function countPoints(candidates: Candidates, scale: number): number {
  let points = 0;
  for (let index = 0; index < candidates.count; index++) points += pointsOf(candidates, index, scale);
  return points;
}
