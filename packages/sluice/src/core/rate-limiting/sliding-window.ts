/**
 * A number per window that slides: two buckets, the window before and this one, of which the one before counts by the part of it that a window ending now still covers. Counts are
 * whole and come back at a window's pace, where a rate (`gcra.ts`) gives them back one by one; people who are promised "1,000 an hour" mean this.
 *
 * Bound: at most `limit` units of a key within a window of the clock, and less than twice the limit within any span of that length (all at the end of one window, then as the share of it
 * fades). The estimate takes what came in the window before as spread evenly. Windows begin with the process's clock, so all keys' begin together. About 0.3 µs with a million keys.
 */
import { assert } from '../../base/assert.ts';
import type { Instant } from '../../base/time.ts';
import type { RateDecision } from './decision.ts';
import type { KeyHash, LimitTable } from './limit-table.ts';

/** Satisfied by the plan's. */
export interface WindowRule {
  /** Units per window, 1..WINDOW_LIMIT_MAX, whole. */
  readonly limit: number;
  /** Milliseconds, above 0. */
  readonly windowMs: number;
}

const COUNT_BITS = 20;
/** Windows that a worker's clock may be behind another's. */
const AHEAD_MAX = 2;
/** Numbers of windows go from 1 to this and begin again. States below the first of them are idle, or another limit's. */
const NUMBERS = 2 ** 23 - 1;
const STATE_MIN = 1n << 40n;
/** The fading share is no whole number: a unit that is missing no more than this is whole. */
const TOLERANCE = 1e-6;

/** What a count can say. */
export const WINDOW_LIMIT_MAX = 2 ** COUNT_BITS - 1;

export class SlidingWindow {
  readonly #table: LimitTable;
  readonly #limit: number;
  readonly #windowMs: number;
  /** A state: this window's count in 20 bits, the one before in 20, the window's number, from 1 on, in 23; never below zero. */
  readonly #halves = new Uint32Array(2);
  readonly #bits = new BigInt64Array(this.#halves.buffer);
  #window = 0;
  #before = 0;
  #current = 0;

  constructor(table: LimitTable, { limit, windowMs }: WindowRule) {
    assert(limit >= 1 && limit <= WINDOW_LIMIT_MAX && windowMs > 0, `a window lets in 1..${WINDOW_LIMIT_MAX}`);
    this.#table = table;
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Decides on one request, and counts it if it is let in. @param cost Units, 0 or more, whole; 0 only looks. */
  take(key: KeyHash, cost: number, now: Instant): RateDecision {
    const index = this.#table.find(key, false, now);
    for (;;) {
      const state = index < 0 ? 0n : Atomics.load(this.#table.states, index);
      this.#read(state, now);
      const sinceMs = Math.max(0, now - this.#window * this.#windowMs);
      const used = this.#before * (1 - sinceMs / this.#windowMs) + this.#current;
      const allowed = used + cost <= this.#limit + TOLERANCE;
      if (!allowed || cost === 0) return this.#decision(allowed, used, cost, sinceMs);
      this.#current += cost;
      if (index >= 0 && !this.#write(index, state)) continue;
      return this.#decision(true, used + cost, cost, sinceMs);
    }
  }

  /** Unpacks a state, as of now. */
  #read(state: bigint, now: Instant): void {
    this.#bits[0] = state;
    const low = this.#halves[0]!;
    const high = this.#halves[1]!;
    const current = low & WINDOW_LIMIT_MAX;
    const before = (low >>> COUNT_BITS) | ((high & 0xff) << (32 - COUNT_BITS));
    const window = Math.floor(now / this.#windowMs);
    const age = state < STATE_MIN ? Infinity : windowsBetween(high >>> 8, numberOf(window));
    // A worker may be a moment behind another that has begun the next window: it then counts there, as if its own moment had come.
    const isAhead = age < 0 && age >= -AHEAD_MAX;
    this.#window = isAhead ? window - age : window;
    this.#before = isAhead || age === 0 ? before : age === 1 ? current : 0;
    this.#current = isAhead || age === 0 ? current : 0;
  }

  /** Packs it again; false when another worker has changed it since it was read. */
  #write(index: number, state: bigint): boolean {
    this.#halves[0] = this.#current | (this.#before << COUNT_BITS);
    this.#halves[1] = (this.#before >>> (32 - COUNT_BITS)) | (numberOf(this.#window) << 8);
    this.#table.setIdleAt(index, (this.#window + 2) * this.#windowMs);
    return Atomics.compareExchange(this.#table.states, index, state, this.#bits[0]!) === state;
  }

  #decision(allowed: boolean, used: number, cost: number, sinceMs: number): RateDecision {
    const leftMs = this.#windowMs - sinceMs;
    return {
      allowed,
      limit: this.#limit,
      remaining: Math.max(0, Math.floor(this.#limit + TOLERANCE - used)),
      resetMs: this.#current > 0 ? leftMs + this.#windowMs : this.#before > 0 ? leftMs : 0,
      retryAfterMs: allowed ? 0 : this.#retryAfterMs(cost, sinceMs),
    };
  }

  /** When the share of the window before has faded enough, in this window or, where its own count is too high, in the next. */
  #retryAfterMs(cost: number, sinceMs: number): number {
    const room = this.#limit - cost;
    if (room < 0) return Infinity;
    const leftMs = this.#windowMs - sinceMs;
    if (this.#current <= room) return Math.max(0, this.#windowMs * (1 - (room - this.#current) / this.#before) - sinceMs);
    return leftMs + this.#windowMs * (1 - room / this.#current);
  }
}

function numberOf(window: number): number {
  return (window % NUMBERS) + 1;
}

/** Numbers come round again: a key that was silent for 2^23 windows, to the window, is counted once as if it had not been. */
function windowsBetween(earlier: number, later: number): number {
  const between = later - earlier;
  if (between > NUMBERS / 2) return between - NUMBERS;
  return between < -NUMBERS / 2 ? between + NUMBERS : between;
}
