import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mix32 } from '../../base/hash.ts';
import { instant } from '../../base/time.ts';
import { ConcurrencyCounts, NO_TICKET, takeBackHeld } from './concurrency.ts';
import { Gcra } from './gcra.ts';
import { HELD_MAX } from './held-slots.ts';
import { createLimitTable, LimitTable } from './limit-table.ts';

const SECRET = { k0: 1, k1: 2 };

const KEY = { high: 11, low: 13 };
const OTHER = { high: 12, low: 13 };
const NOW = instant(1_000);

function newTable(): LimitTable {
  return new LimitTable(createLimitTable(100_000, SECRET));
}

test('a key has as many in flight as its limit over all workers, and one that ends makes room', () => {
  const table = newTable();
  const [first, second] = [new ConcurrencyCounts(table, 0), new ConcurrencyCounts(table, 1)];
  const one = first.acquire(KEY, 2, NOW);
  assert.deepEqual([one.allowed, one.limit, one.remaining], [true, 2, 1]);
  assert.equal(second.acquire(KEY, 2, NOW).remaining, 0);
  const refused = first.acquire(KEY, 2, NOW);
  assert.deepEqual([refused.allowed, refused.ticket], [false, NO_TICKET]);
  assert.equal(first.acquire(OTHER, 2, NOW).allowed, true, 'another key has its own');
  first.release(one.ticket);
  assert.equal(second.acquire(KEY, 2, NOW).allowed, true);
});

test('what a worker had in flight is taken back when it has crashed, and nothing of others', () => {
  const table = newTable();
  const [first, crashed] = [new ConcurrencyCounts(table, 0), new ConcurrencyCounts(table, 5)];
  first.acquire(KEY, 10, NOW);
  for (let turn = 0; turn < 4; turn++) crashed.acquire(KEY, 10, NOW);
  crashed.release(crashed.acquire(OTHER, 10, NOW).ticket);
  assert.equal(takeBackHeld(table, 5), 4);
  assert.equal(first.acquire(KEY, 10, NOW).remaining, 8);
  assert.equal(takeBackHeld(table, 5), 0, 'once');
});

test('more in flight than a worker can note are let in uncounted', () => {
  const table = newTable();
  const counts = new ConcurrencyCounts(table, 0);
  const tickets = Array.from({ length: HELD_MAX }, (_, turn) => counts.acquire({ high: mix32(turn), low: mix32(~turn) }, 1, NOW).ticket);
  assert(!tickets.includes(NO_TICKET));
  const beyond = counts.acquire(KEY, 1, NOW);
  assert.deepEqual([beyond.allowed, beyond.ticket, table.unplaced], [true, NO_TICKET, 1]);
  counts.release(beyond.ticket);
  counts.release(tickets[7]!);
  assert.equal(counts.acquire(KEY, 1, NOW).ticket, tickets[7], 'and its note is used again');
});

test('a rate and a count of the same key do not touch each other', () => {
  const table = newTable();
  const counts = new ConcurrencyCounts(table, 0);
  const gcra = new Gcra(table, { rate: 1, periodMs: 1_000, burst: 1 });
  const { ticket } = counts.acquire(KEY, 1, NOW);
  assert.equal(gcra.take(KEY, 1, NOW).allowed, true);
  assert.equal(gcra.take(KEY, 1, NOW).allowed, false);
  counts.release(ticket);
  assert.equal(gcra.take(KEY, 1, NOW).allowed, false);
  assert.equal(counts.acquire(KEY, 1, NOW).allowed, true);
});
