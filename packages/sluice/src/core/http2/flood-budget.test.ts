import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../base/time.ts';
import { ALLOWANCES, FloodBudget, PINGS, RESETS } from './flood-budget.ts';

/** Takes until the bucket is empty. */
function drain(budget: FloodBudget, bucket: number, at: number): number {
  for (let taken = 0; ; taken++) if (taken > 1e5 || !budget.take(bucket, instant(at))) return taken;
}

test('a bucket holds its burst, however long it had to fill', () => {
  const budget = new FloodBudget();
  budget.start(instant(5_000));
  const { burst } = ALLOWANCES[RESETS]!;
  assert.equal(drain(budget, RESETS, 5_000), burst);
  assert.equal(drain(budget, RESETS, 3_600_000), burst);
  budget.give(RESETS, 10 * burst);
  assert.equal(drain(budget, RESETS, 3_600_000), burst);
});

test('a bucket fills with time, and buckets are apart', () => {
  const budget = new FloodBudget();
  budget.start(instant(0));
  const { perSecond } = ALLOWANCES[PINGS]!;
  drain(budget, PINGS, 0);
  assert.equal(drain(budget, PINGS, 10_000), 10 * perSecond);
  assert.equal(budget.take(PINGS, instant(10_000)), false);
  assert.equal(drain(budget, RESETS, 0), ALLOWANCES[RESETS]!.burst);
});

test('useful work gives tokens back', () => {
  const budget = new FloodBudget();
  budget.start(instant(0));
  drain(budget, RESETS, 0);
  budget.give(RESETS, 3);
  assert.equal(drain(budget, RESETS, 0), 3);
});
