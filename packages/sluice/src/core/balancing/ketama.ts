/**
 * Ketama: a ring of points, 160 per unit of weight, each the hash of address and number; a key belongs to the first
 * point at or after it. Only a removed endpoint's keys move. Lookup O(log points) by binary search, shares within about 8 %.
 * Source: R. Jones, "libketama", 2007; points per weight as in nginx's `hash … consistent`.
 */
import { combineHashes, hashString } from '../../base/hash.ts';
import type { Candidates } from './balancer.ts';
import { NO_CANDIDATES } from './eligibility.ts';
import type { HashTable } from './hash.ts';

const POINTS_PER_WEIGHT = 160;
/** Points at most; above it points per weight are halved until they fit, which keeps the remaining points where they were. */
const POINTS_MAX = 262_144;
/** A point and its owner in one number: 32 bits of hash, 14 of index (the endpoint table's capacity). */
const OWNERS = 16_384;

export class KetamaRing implements HashTable {
  #points = new Uint32Array(0);
  #owners = new Uint16Array(0);
  #candidates: Candidates = NO_CANDIDATES;
  #scale = 0;

  rebuild(candidates: Candidates): void {
    let scale = POINTS_PER_WEIGHT;
    while (scale > 1 && countPoints(candidates, scale) > POINTS_MAX) scale /= 2;
    const renumbered = this.#renumber(candidates, scale);
    const kept = new Set(renumbered);
    const fresh: number[] = [];
    for (let index = 0; index < candidates.count; index++) if (!kept.has(index)) fresh.push(index);
    this.#merge(renumbered, sortedPoints(candidates, fresh, scale), countPoints(candidates, scale));
    this.#candidates = candidates;
    this.#scale = scale;
  }

  /** By former index: the index now; -1 for those that left or have another number of points. */
  #renumber(candidates: Candidates, scale: number): Int32Array {
    const before = this.#candidates;
    const renumbered = new Int32Array(before.count).fill(-1);
    if (scale !== this.#scale) return renumbered;
    const indices = new Map<string, number>();
    for (let index = 0; index < candidates.count; index++) indices.set(candidates.addresses[index]!, index);
    for (let previous = 0; previous < before.count; previous++) {
      const index = indices.get(before.addresses[previous]!) ?? -1;
      if (index >= 0 && pointsOf(before, previous, scale) === pointsOf(candidates, index, scale)) renumbered[previous] = index;
    }
    return renumbered;
  }

  /** The ring's points that stay and the fresh ones, in order. Sorting all of them anew would take ten times as long. */
  #merge(renumbered: Int32Array, fresh: Float64Array, length: number): void {
    const points = new Uint32Array(length);
    const owners = new Uint16Array(length);
    let old = 0;
    let added = 0;
    for (let place = 0; place < length; place++) {
      while (old < this.#points.length && renumbered[this.#owners[old]!]! < 0) old++;
      const next = added < fresh.length ? Math.floor(fresh[added]! / OWNERS) : Infinity;
      if (old < this.#points.length && this.#points[old]! <= next) {
        points[place] = this.#points[old]!;
        owners[place] = renumbered[this.#owners[old++]!]!;
      } else {
        points[place] = next;
        owners[place] = fresh[added++]! % OWNERS;
      }
    }
    this.#points = points;
    this.#owners = owners;
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

/** The points of the candidates at `indices`, packed with their owners and sorted. */
function sortedPoints(candidates: Candidates, indices: readonly number[], scale: number): Float64Array {
  const packed = new Float64Array(indices.reduce((sum, index) => sum + pointsOf(candidates, index, scale), 0));
  let length = 0;
  for (const index of indices) {
    const seed = hashString(candidates.addresses[index]!);
    const points = pointsOf(candidates, index, scale);
    for (let point = 0; point < points; point++) packed[length++] = combineHashes(seed, point) * OWNERS + index;
  }
  return packed.sort();
}

function pointsOf(candidates: Candidates, index: number, scale: number): number {
  return Math.max(1, Math.round(candidates.weights[index]! * scale));
}

function countPoints(candidates: Candidates, scale: number): number {
  let points = 0;
  for (let index = 0; index < candidates.count; index++) points += pointsOf(candidates, index, scale);
  return points;
}
