import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../base/time.ts';
import type { RateDecision } from './decision.ts';
import { createLimitTable, LimitTable } from './limit-table.ts';
import { SlidingWindow, type WindowRule } from './sliding-window.ts';

const SECRET = { k0: 1, k1: 2 };

const KEY = { high: 11, low: 13 };

function limiter(rule: WindowRule): (atMs: number, cost?: number) => RateDecision {
  const window = new SlidingWindow(new LimitTable(createLimitTable(1_000, SECRET)), rule);
  return (atMs, cost = 1) => window.take(KEY, cost, instant(10_000 + atMs));
}

function allowedOf(take: (atMs: number) => RateDecision, atMs: number, tries: number): number {
  let allowed = 0;
  for (let turn = 0; turn < tries; turn++) if (take(atMs).allowed) allowed += 1;
  return allowed;
}

test('a window lets in its limit', () => {
  const take = limiter({ limit: 10, windowMs: 1_000 });
  assert.equal(allowedOf(take, 500, 20), 10);
  assert.equal(allowedOf(take, 999, 20), 0);
});

test('in the next window, the one before counts by the part that is still within a window of now', () => {
  const take = limiter({ limit: 10, windowMs: 1_000 });
  assert.equal(allowedOf(take, 900, 10), 10);
  assert.equal(allowedOf(take, 1_000, 20), 0);
  assert.equal(allowedOf(take, 1_500, 20), 5);
  assert.equal(allowedOf(take, 1_900, 20), 4);
});

test('after two windows nothing is left of a window', () => {
  const take = limiter({ limit: 10, windowMs: 1_000 });
  allowedOf(take, 900, 10);
  assert.equal(allowedOf(take, 2_000, 20), 10);
});

test('what is left, until when, and when to come again', () => {
  const take = limiter({ limit: 10, windowMs: 1_000 });
  assert.deepEqual(take(250, 4), { allowed: true, limit: 10, remaining: 6, resetMs: 1_750, retryAfterMs: 0 });
  take(250, 6);
  assert.deepEqual(take(500), { allowed: false, limit: 10, remaining: 0, resetMs: 1_500, retryAfterMs: 600 });
  assert.equal(take(1_099).allowed, false);
  assert.equal(take(1_100).allowed, true);
  assert.equal(take(1_100, 11).retryAfterMs, Infinity);
  const refused = take(1_100, 3);
  assert.deepEqual([refused.allowed, refused.remaining], [false, 0]);
  assert(Math.abs(refused.retryAfterMs - 300) < 1e-6);
  assert.equal(take(1_401, 3).allowed, true);
});

test('a cost of 0 only looks', () => {
  const take = limiter({ limit: 2, windowMs: 1_000 });
  for (let turn = 0; turn < 5; turn++) assert.equal(take(0, 0).remaining, 2);
});

test('counts up to the largest are kept apart from their neighbours in the word', () => {
  const take = limiter({ limit: 1_048_575, windowMs: 1_000 });
  assert.equal(take(0, 1_048_575).remaining, 0);
  assert.equal(take(1_000, 1).allowed, false);
  assert.equal(take(1_500, 1).remaining, 524_286);
  assert.equal(take(2_500, 0).remaining, 1_048_574);
});

test('a worker whose clock is behind another that has begun the next window counts there', () => {
  const take = limiter({ limit: 10, windowMs: 1_000 });
  assert.equal(allowedOf(take, 1_000, 4), 4);
  assert.equal(allowedOf(take, 999, 20), 6);
  assert.equal(allowedOf(take, 1_001, 20), 0);
});

test('where the numbers of windows begin again nothing is lost', () => {
  const first = (2 ** 23 - 1) * 10 - 10_000; // of the last window before they do
  const take = limiter({ limit: 10, windowMs: 10 });
  assert.equal(allowedOf(take, first - 10, 20), 10);
  assert.equal(allowedOf(take, first - 5, 20), 0);
  assert.equal(allowedOf(take, first + 5, 20), 5, 'half of the window before still counts');
  assert.equal(allowedOf(take, first + 5, 20), 0);
  assert.equal(allowedOf(take, first + 30, 20), 10);
});
