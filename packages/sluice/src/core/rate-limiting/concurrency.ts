/**
 * Requests in flight at once per key, exact over all workers: a count in the table (below zero, which no other limit's state is), raised and lowered by compare-and-exchange. Each worker keeps a list of the counts it has raised
 * (`held-slots.ts`), so that a crashed worker's are lowered again. A worker that dies between the two steps of raising or lowering makes a count one too low, never too high.
 */
import { assert } from '../../base/assert.ts';
import type { Instant } from '../../base/time.ts';
import type { RateDecision } from './decision.ts';
import { HeldSlots, takeHeld } from './held-slots.ts';
import type { KeyHash, LimitTable } from './limit-table.ts';

/** `resetMs` and `retryAfterMs` are 0: nobody knows when a request will end. */
export interface HeldDecision extends RateDecision {
  /** For `release`, once the request is over; NO_TICKET when there is nothing to give back. */
  readonly ticket: number;
}

export const NO_TICKET = -1;

/** The counts that one worker raises, for all limits. */
export class ConcurrencyCounts {
  readonly #table: LimitTable;
  readonly #held: HeldSlots;

  constructor(table: LimitTable, worker: number) {
    this.#table = table;
    this.#held = new HeldSlots(table.buffer, worker);
  }

  /** Lets a request in if fewer than `limit` of its key are in flight. @param limit 1 or more, whole. */
  acquire(key: KeyHash, limit: number, now: Instant): HeldDecision {
    assert(limit >= 1, 'a concurrency limit lets something in');
    const { states } = this.#table;
    const index = this.#table.find(key, true, now);
    if (index < 0) return decision(true, limit, 0, NO_TICKET);
    let ticket = NO_TICKET;
    for (;;) {
      const state = Atomics.load(states, index);
      const count = state < 0n ? -Number(state) : 0;
      if (count >= limit) {
        if (ticket !== NO_TICKET) this.#held.remove(ticket);
        return decision(false, limit, count, NO_TICKET);
      }
      if (ticket === NO_TICKET) ticket = this.#held.add(index);
      if (ticket === NO_TICKET) {
        this.#table.countUnplaced();
        return decision(true, limit, count, NO_TICKET);
      }
      if (Atomics.compareExchange(states, index, state, BigInt(-count - 1)) === state) return decision(true, limit, count + 1, ticket);
    }
  }

  /** The request is over. @param ticket As `acquire` gave it; each once. */
  release(ticket: number): void {
    if (ticket === NO_TICKET) return;
    lower(this.#table, this.#held.at(ticket));
    this.#held.remove(ticket);
  }
}

/** Lowers what a worker has left raised. Only after the worker has ended and before its successor starts. @returns How many it were. */
export function takeBackHeld(table: LimitTable, worker: number): number {
  const held = takeHeld(table.buffer, worker);
  for (const index of held) lower(table, index);
  return held.length;
}

function lower(table: LimitTable, index: number): void {
  for (;;) {
    const state = Atomics.load(table.states, index);
    // Nothing that has since become another key's rate.
    if (state >= 0n || !table.isPinned(index)) return;
    if (Atomics.compareExchange(table.states, index, state, state + 1n) === state) return;
  }
}

function decision(allowed: boolean, limit: number, count: number, ticket: number): HeldDecision {
  return { allowed, limit, remaining: Math.max(0, limit - count), resetMs: 0, retryAfterMs: 0, ticket };
}
