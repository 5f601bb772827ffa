import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUCKET_COUNT, bucketOf } from '../../base/histogram.ts';
import { endpointTable } from '../balancing/endpoint-table.ts';
import { hedgeCost, startHedge } from './hedge-budget.ts';
import { HedgeDelay } from './hedge-delay.ts';
import { BudgetRefill } from './token-budget.ts';

test('the delay is a percentile of what came since the last look', () => {
  const counts = new Float64Array(BUCKET_COUNT);
  const delay = new HedgeDelay();
  counts[bucketOf(5_000)] = 1_000_000;
  assert.equal(delay.update(counts, 0.95, 1), 0, 'what was before the first look is history');
  counts[bucketOf(8)]! += 900;
  counts[bucketOf(90)]! += 100;
  const delayMs = delay.update(counts, 0.95, 1);
  assert(delayMs > 63 && delayMs <= 100, `got ${delayMs}`);
});

test('it is never below the minimum', () => {
  const counts = new Float64Array(BUCKET_COUNT);
  const delay = new HedgeDelay();
  delay.update(counts, 0.95, 30);
  counts[bucketOf(1)]! += 1_000;
  assert.equal(delay.update(counts, 0.95, 30), 30);
});

test('with few samples the last delay stays, and they are kept for the next look', () => {
  const counts = new Float64Array(BUCKET_COUNT);
  const delay = new HedgeDelay();
  delay.update(counts, 0.5, 1);
  counts[bucketOf(8)]! += 99;
  assert.equal(delay.update(counts, 0.5, 1), 0);
  counts[bucketOf(8)]! += 1;
  assert(delay.update(counts, 0.5, 1) > 6);
});

test('hedges stay within their share of the requests', () => {
  const table = endpointTable();
  const refill = new BudgetRefill(table.hedgeTokens, 2, { share: 0.05, minPerSecond: 0 });
  refill.open();
  assert.equal(startHedge(table, 2, hedgeCost(0.05)), false);
  refill.refill(100, 0);
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6].map(() => startHedge(table, 2, hedgeCost(0.05))),
    [true, true, true, true, true, false],
  );
});
