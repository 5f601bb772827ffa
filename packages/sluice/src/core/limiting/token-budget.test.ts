import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BudgetRefill, extraCost, withdraw } from './token-budget.ts';

function budget(share: number, minPerSecond: number): { refill: BudgetRefill; take: () => boolean; balances: Int32Array } {
  const balances = new Int32Array(new SharedArrayBuffer(16));
  const refill = new BudgetRefill(balances, 1, { share, minPerSecond });
  refill.open();
  const cost = extraCost(share);
  return { refill, balances, take: () => withdraw(balances, 1, cost) };
}

function drainAll(take: () => boolean): number {
  let taken = 0;
  while (take()) taken++;
  return taken;
}

test('a new service may use the minimum of the first ten seconds at once', () => {
  assert.equal(drainAll(budget(0.2, 10).take), 100);
});

test('each request pays for its share', () => {
  const { refill, take } = budget(0.2, 0);
  assert.equal(take(), false);
  refill.refill(50, 0);
  assert.equal(drainAll(take), 10);
});

test('small shares are exact, too', () => {
  const { refill, take } = budget(0.001, 0);
  refill.refill(10_000, 0);
  assert.equal(drainAll(take), 10);
});

test('a quiet spell saves up no more than ten seconds of the minimum', () => {
  const { refill, take } = budget(0.2, 10);
  for (let tick = 0; tick < 6_000; tick++) refill.refill(0, 100);
  const taken = drainAll(take);
  assert(taken >= 95 && taken <= 101, `got ${taken}`);
});

test('steady traffic saves up no more than ten seconds of its share', () => {
  const { refill, take } = budget(0.2, 0);
  for (let tick = 0; tick < 6_000; tick++) refill.refill(100, 100);
  const taken = drainAll(take);
  assert(taken >= 1_900 && taken <= 2_011, `1,000 requests/s × 0.2 × 10 s = 2,000, got ${taken}`);
});

test('a minimum far below one a second is paid in full over time', () => {
  const { refill, take } = budget(0.2, 0.1);
  drainAll(take);
  let taken = 0;
  for (let tick = 0; tick < 1_000; tick++) {
    refill.refill(0, 100);
    taken += drainAll(take);
  }
  assert(taken === 9 || taken === 10, `100 s × 0.1/s, got ${taken}`);
});

test('a changed share keeps the worth of the balance', () => {
  const { refill, take } = budget(0.2, 10);
  refill.setRules({ share: 0.1, minPerSecond: 10 });
  assert.equal(
    drainAll(() => withdraw(new Int32Array(new SharedArrayBuffer(16)), 1, 1)),
    0,
  );
  const { refill: other, balances } = budget(0.1, 10);
  other.setRules({ share: 0.2, minPerSecond: 10 });
  assert.equal(
    drainAll(() => withdraw(balances, 1, extraCost(0.2))),
    100,
  );
  assert.equal(typeof take, 'function');
});

test('however much traffic, the balance stays within 32 bits', () => {
  const { refill, balances } = budget(1, 0);
  for (let tick = 0; tick < 100; tick++) refill.refill(2_000_000_000, 100);
  assert(balances[1]! > 0 && balances[1]! <= 1 << 30);
});

test('extra requests never exceed share × requests + minimum × (seconds + 10)', () => {
  const step = fc.record({ requests: fc.nat({ max: 500 }), elapsedMs: fc.integer({ min: 1, max: 2_000 }), tries: fc.nat({ max: 600 }) });
  const rules = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 20 }));
  fc.assert(
    fc.property(rules, fc.array(step, { maxLength: 60 }), ([share, minimum], steps) => {
      const { refill, take } = budget(share, minimum);
      let requests = 0;
      let seconds = 0;
      let taken = 0;
      for (const one of steps) {
        for (let index = 0; index < one.tries; index++) if (take()) taken++;
        refill.refill(one.requests, one.elapsedMs);
        requests += one.requests;
        seconds += one.elapsedMs / 1_000;
        assert(taken <= share * requests + minimum * (seconds + 10) + 1e-6, `${taken} of ${requests} in ${seconds} s`);
      }
    }),
    { numRuns: 300 },
  );
});
