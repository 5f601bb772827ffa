import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../base/time.ts';
import { AWAY_RETRY_MS, type LeaseAsk, LeaseBook } from './lease-book.ts';
import type { LeaseAnswer, LeaseRule } from './lease.ts';

const KEY = { high: -1, low: 10 };
const RULE: LeaseRule = { rate: 100, periodMs: 1_000, burst: 20, leaseMs: 100, holders: 2, away: 'closed' };
const PLENTY: LeaseAnswer = { granted: 0, remaining: 19, retryAfterMs: 0 };

/** Spends one after the other, all at once; how many are let in. */
function spend(book: LeaseBook, atMs: number, tries: number, key = KEY): number {
  let allowed = 0;
  for (let turn = 0; turn < tries; turn++) if (book.spend(key, 1, instant(atMs)).allowed) allowed += 1;
  return allowed;
}

function onlyAsk(book: LeaseBook): LeaseAsk {
  const asks = book.takeAsks();
  assert.equal(asks.length, 1);
  return asks[0]!;
}

test('a key that nothing is known of is let in at once, up to the share of the burst, while one question is under way', () => {
  const book = new LeaseBook(RULE, 'p:');
  assert.equal(spend(book, 1_000, 30), 10);
  const ask = onlyAsk(book);
  assert.deepEqual([ask.lease.storeKey, ask.want, ask.debt], ['p:ffffffff0000000a', 0, 1]);
});

test('what was advanced meanwhile is asked about as soon as the answer is there, with permits for the rate that showed', () => {
  const book = new LeaseBook(RULE, 'p:');
  spend(book, 1_000, 5);
  const first = onlyAsk(book);
  book.answered(first, PLENTY, instant(1_010));
  const second = onlyAsk(book);
  assert.deepEqual([second.want, second.debt], [10, 4], 'five in ten milliseconds are more than its share in a lease');
  book.answered(second, { granted: 10, remaining: 5, retryAfterMs: 0 }, instant(1_020));
  assert.equal(spend(book, 1_020, 30), 20, 'ten permits, and then the advance again');
});

test('permits run out of time', () => {
  const book = new LeaseBook({ ...RULE, burst: 2, holders: 1 }, 'p:');
  spend(book, 1_000, 2);
  book.answered(onlyAsk(book), PLENTY, instant(1_001));
  book.answered(onlyAsk(book), { granted: 2, remaining: 0, retryAfterMs: 10_000 }, instant(1_002));
  assert.equal(spend(book, 1_101, 1), 1);
  assert.equal(spend(book, 1_102, 1), 0, 'the second is gone with its lease');
});

test('a refusal by the store holds until it said, without being asked about, and says when', () => {
  const book = new LeaseBook(RULE, 'p:');
  spend(book, 1_000, 1);
  book.answered(onlyAsk(book), { granted: 0, remaining: 0, retryAfterMs: 250 }, instant(1_005));
  const decision = book.spend(KEY, 1, instant(1_100));
  assert.deepEqual([decision.allowed, decision.retryAfterMs, decision.remaining], [false, 155, 0]);
  assert.equal(book.hasAsks, false);
  assert.equal(spend(book, 1_255, 1), 1);
  assert.equal(onlyAsk(book).debt, 1);
});

test('without the store each rule does what it says, and the store is asked each half second by one question', () => {
  const allowedWith = (away: LeaseRule['away']): number => {
    const book = new LeaseBook({ ...RULE, away }, 'p:');
    spend(book, 1_000, 1);
    book.failed(onlyAsk(book), instant(1_100));
    assert(book.isAway);
    const allowed = spend(book, 1_100, 50);
    assert.equal(book.hasAsks, false);
    spend(book, 1_100 + AWAY_RETRY_MS, 5);
    spend(book, 1_100 + AWAY_RETRY_MS, 5, { high: 7, low: 7 });
    const probe = onlyAsk(book);
    book.answered(probe, PLENTY, instant(1_700));
    assert(!book.isAway);
    return allowed;
  };
  assert.deepEqual([allowedWith('open'), allowedWith('closed'), allowedWith('local')], [50, 0, 10]);
});

test('its own share comes back at its own share of the rate', () => {
  const book = new LeaseBook({ ...RULE, away: 'local' }, 'p:');
  spend(book, 1_000, 1);
  book.failed(onlyAsk(book), instant(1_000));
  assert.equal(spend(book, 1_000, 50), 10);
  const refused = book.spend(KEY, 1, instant(1_000));
  assert(refused.retryAfterMs > 19 && refused.retryAfterMs < 21, `${refused.retryAfterMs}`);
  assert.equal(spend(book, 1_100, 50), 5);
});

test('a request that asks for more than a holder may have is refused for ever', () => {
  const book = new LeaseBook(RULE, 'p:');
  assert.equal(book.spend(KEY, 11, instant(1_000)).retryAfterMs, Infinity);
});

test('a full book forgets idle keys first, and counts those that were not', () => {
  const book = new LeaseBook(RULE, 'p:', 3);
  const keyOf = (low: number): { high: number; low: number } => ({ high: 1, low: low << 11 });
  for (const low of [1, 2, 3]) spend(book, 1_000, 1, keyOf(low));
  for (const ask of book.takeAsks()) book.answered(ask, PLENTY, instant(1_001));
  spend(book, 2_000, 1, keyOf(1));
  spend(book, 2_000, 1, keyOf(4));
  assert.deepEqual([book.size, book.forgotten], [3, 0]);
  for (const low of [5, 6, 7]) spend(book, 2_000, 1, keyOf(low));
  assert.deepEqual([book.size, book.forgotten], [3, 2]);
});
