/**
 * A listener's slots: the kernel computes a number per new connection (a counter, a random number or a hash of the client's address) and takes the
 * endpoint in that slot. Counter and random: as many slots as the weights need, in smooth order (weights 5/1/1 give a a b a c a a). Source: Maglev's
 * table, so that an endpoint that goes takes only few clients of others with it.
 */
import { fillMaglev } from '../balancing/maglev.ts';
import type { KernelMethod } from './kernel-description.ts';

/** More slots are never written: shares finer than this are rounded. */
export const SLOTS_MAX = 4_096;
/** Prime, as Maglev needs; shares of 40 equal endpoints are within 1 %. Loads in 40 ms. */
export const SOURCE_SLOTS = 4_093;

/** An endpoint that takes new connections. */
export interface Weighted {
  /** What is hashed: the same on every machine that balances the same endpoints. */
  readonly address: string;
  /** Whole, > 0. */
  readonly weight: number;
}

/** The index of the endpoint in each slot; empty when there is none. */
export function slotsFor(method: KernelMethod, endpoints: readonly Weighted[]): Uint16Array {
  if (endpoints.length === 0) return new Uint16Array(0);
  switch (method) {
    case 'round-robin':
    case 'random':
      return smoothOrder(slotCounts(endpoints.map(({ weight }) => weight)));
    case 'source':
      return sourceSlots(endpoints);
  }
}

function sourceSlots(endpoints: readonly Weighted[]): Uint16Array {
  const entries = new Uint16Array(SOURCE_SLOTS);
  fillMaglev(entries, {
    count: endpoints.length,
    weights: Float64Array.from(endpoints, ({ weight }) => weight),
    addresses: endpoints.map(({ address }) => address),
  });
  return entries;
}

/** Slots per endpoint: exact where at most SLOTS_MAX are enough, else the nearest, and at least one each. */
function slotCounts(weights: readonly number[]): number[] {
  const divisor = weights.reduce(greatestCommonDivisor);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total / divisor <= SLOTS_MAX) return weights.map((weight) => weight / divisor);
  return weights.map((weight) => Math.max(1, Math.round((weight / total) * (SLOTS_MAX - weights.length))));
}

function greatestCommonDivisor(left: number, right: number): number {
  while (right !== 0) [left, right] = [right, left % right];
  return left;
}

/** Smooth weighted round robin (nginx): each turn all earn their count; the richest has the slot and pays the total. O(slots × endpoints). */
function smoothOrder(counts: readonly number[]): Uint16Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const credits = new Float64Array(counts.length);
  return Uint16Array.from({ length: total }, () => {
    let best = 0;
    for (let index = 0; index < counts.length; index++) {
      credits[index] = credits[index]! + counts[index]!;
      if (credits[index]! > credits[best]!) best = index;
    }
    credits[best] = credits[best]! - total;
    return best;
  });
}
