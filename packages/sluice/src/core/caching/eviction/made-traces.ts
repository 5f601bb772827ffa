/** Traces made by rule, for tests and measurements: a popularity after Zipf, and a loop over more than the cache holds. */
import { seededRandom } from '../../../base/random.ts';
import type { ReplayTrace } from './replay.ts';

export interface ZipfTrace {
  /** There are that many objects; not all need be asked for. */
  readonly objects: number;
  /** The n-th most popular object is asked for n^-exponent as often as the first. */
  readonly exponent: number;
  readonly requests: number;
  readonly seed: number;
}

/** Independent requests, objects numbered by popularity. */
export function zipfTrace({ objects, exponent, requests, seed }: ZipfTrace): ReplayTrace {
  const random = seededRandom(seed);
  const sums = new Float64Array(objects);
  let sum = 0;
  for (let index = 0; index < objects; index++) {
    sum += (index + 1) ** -exponent;
    sums[index] = sum;
  }
  return { requests: Uint32Array.from({ length: requests }, () => firstAbove(sums, random() * sum)), objects, sizes: null };
}

/** 0, 1, …, objects - 1, 0, 1, … */
export function loopTrace(objects: number, requests: number): ReplayTrace {
  return { requests: Uint32Array.from({ length: requests }, (_, index) => index % objects), objects, sizes: null };
}

function firstAbove(sums: Float64Array, value: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
