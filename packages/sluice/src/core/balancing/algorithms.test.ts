/** What each algorithm does that no other does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../base/random.ts';
import { instant } from '../../base/time.ts';
import { AliasTable } from './alias-table.ts';
import { averageLatency, decayFactor, latencySample, stepsPerMs } from './averages.ts';
import type { Balancer } from './balancer.ts';
import { NONE } from './balancer.ts';
import { createBalancer } from './balancers.ts';
import type { Algorithm } from './algorithm.ts';
import type { BalanceShape } from './balancers.ts';
import { endpointTable, resetEndpoint } from './endpoint-table.ts';
import type { EndpointTable } from './endpoint-table.ts';
import { latencyBucket } from './least-response-time.ts';
import { makeCandidates } from './pick-cost.ts';

function setUp(algorithm: Algorithm, count: number, tuning: Partial<BalanceShape> = {}): { table: EndpointTable; balancer: Balancer } {
  const table = endpointTable();
  for (let slot = 0; slot < count; slot++) resetEndpoint(table, slot);
  const balance = { algorithm, hashTable: 'maglev', loadFactor: 0, maxCpu: 1, maxMemory: 1, decayMs: 10_000, ...tuning } as const;
  const balancer = createBalancer(balance, { table, random: seededRandom(11), serviceSlot: 0 });
  balancer.update(makeCandidates(count, false));
  return { table, balancer };
}

function countPicks(balancer: Balancer, count: number, picks: number, now: number): number[] {
  const counts = Array.from({ length: count }, () => 0);
  for (let pick = 0; pick < picks; pick++) counts[balancer.pick(0, [], instant(now))]!++;
  return counts;
}

test('round robin goes round, whatever the load', () => {
  const { table, balancer } = setUp('round-robin', 3);
  table.inflight[1] = 1000;
  const first = balancer.pick(0, [], instant(0));
  for (let turn = 1; turn < 10; turn++) assert.equal(balancer.pick(0, [], instant(0)), (first + turn) % 3);
});

test('least connections takes the fewest per weight; equals take turns by weight', () => {
  const { table, balancer } = setUp('least-connections', 3);
  balancer.update({ ...makeCandidates(3, false), weights: Float64Array.of(1, 2, 3) });
  table.inflight.set([1, 1, 2]);
  assert.equal(balancer.pick(0, [], instant(0)), 1, '1/1 against 1/2 and 2/3');
  table.inflight.set([1, 2, 2]);
  assert.equal(balancer.pick(0, [], instant(0)), 2);
  table.inflight.set([1, 2, 3]);
  assert.deepEqual(countPicks(balancer, 3, 600, 0), [100, 200, 300]);
});

test('least connections finds the single idle one among 1,000', () => {
  const { table, balancer } = setUp('least-connections', 1000);
  table.inflight.fill(5, 0, 1000);
  countPicks(balancer, 1000, 32, 0);
  table.inflight[777] = 4;
  const picked = Array.from({ length: 33 }, () => balancer.pick(0, [], instant(0)));
  assert.ok(picked.includes(777), 'within as many picks as there are blocks');
  assert.equal(balancer.pick(0, [], instant(0)), 777);
});

test('least response time counts in buckets, is capped, and forgets', () => {
  assert.deepEqual(
    [0, 19.9, 20, 39, 4999, 90_000].map((latency) => latencyBucket(latency, 0, 1000)),
    [20, 20, 40, 40, 5000, 5000],
  );
  assert.deepEqual(
    [999, 1000, 2500, 1e9].map((idle) => latencyBucket(400, idle, 1000)),
    [420, 220, 120, 20],
  );
  const { table, balancer } = setUp('least-response-time', 2);
  balancer.observe!(0, 200, false, 0, instant(0));
  balancer.observe!(1, 15, false, 0, instant(0));
  assert.equal(balancer.pick(0, [], instant(1)), 1);
  table.inflight[1] = 12;
  assert.equal(balancer.pick(0, [], instant(1)), 0, '220 × 1 against 20 × 13');
});

test('least bandwidth takes the lowest rate, and counts requests in flight as mean bodies', () => {
  const { table, balancer } = setUp('least-bandwidth', 2);
  balancer.observe!(0, 1, false, 3_000_000, instant(0));
  balancer.observe!(1, 1, false, 1_000_000, instant(0));
  assert.deepEqual([table.bytesRate[0], table.bytesRate[1]], [300_000, 100_000]);
  assert.equal(balancer.pick(0, [], instant(1)), 1);
  table.inflight[1] = 1;
  assert.equal(balancer.pick(0, [], instant(1)), 0, '100 kB/s and a body of 3 MB on its way');
});

test('peak EWMA jumps up at once and comes down slowly', () => {
  const { table, balancer } = setUp('peak-ewma', 2);
  for (const slot of [0, 1]) balancer.observe!(slot, 10, false, 0, instant(0));
  balancer.observe!(0, 500, false, 0, instant(1));
  assert.equal(table.latencyEwma[0], 500);
  balancer.observe!(0, 10, false, 0, instant(10_001));
  // Finagle's Ema: 10 + 490 / e after one time constant.
  assert.ok(Math.abs(table.latencyEwma[0] - (10 + 490 / Math.E)) < 1e-9);
  assert.equal(balancer.pick(0, [], instant(10_001)), 1);
});

test('peak EWMA does not think a slow endpoint perfect because nobody used it', () => {
  const { balancer } = setUp('peak-ewma', 2);
  for (let time = 0; time < 1000; time++) balancer.observe!(1, 10, false, 0, instant(time));
  balancer.observe!(0, 500, false, 0, instant(1000));
  for (let time = 1000; time < 60_000; time += 10) balancer.observe!(1, 10, false, 0, instant(time));
  assert.deepEqual(countPicks(balancer, 2, 50, 60_000), [0, 50]);
});

test('peak EWMA sends a new endpoint one request, then waits for its reply', () => {
  const { table, balancer } = setUp('peak-ewma', 2);
  balancer.observe!(0, 10, false, 0, instant(0));
  assert.equal(balancer.pick(0, [], instant(1)), 1);
  table.inflight[1] = 1;
  assert.equal(balancer.pick(0, [], instant(1)), 0);
});

test('failures count as slow, ever slower, up to a bound', () => {
  assert.equal(latencySample(10, 1, false), 1);
  assert.equal(latencySample(10, 1, true), 1000);
  assert.equal(latencySample(4000, 1, true), 8000);
  assert.equal(latencySample(1e9, 1, true), 30_000);
  assert.equal(latencySample(10, 60_000, true), 60_000);
});

test('an average does not mind a clock of another worker that is slightly behind', () => {
  const { table } = setUp('p2c', 1);
  averageLatency(table, 0, 10, false, 1000, instant(100));
  averageLatency(table, 0, 20, false, 1000, instant(99));
  assert.equal(table.latencyEwma[0], 10);
});

test('the decay table is within its bound of the exponential', () => {
  const steps = stepsPerMs(1000);
  for (let elapsed = -5; elapsed < 20_000; elapsed += 3) {
    const exact = Math.exp(-Math.max(0, elapsed) / 1000);
    const error = decayFactor(elapsed, steps) - exact;
    assert.ok(elapsed >= 16_000 ? error <= 0 && exact < 2e-7 : error > -1e-12 && error <= exact * 0.033, `at ${elapsed}`);
  }
});

test('prequal takes the fastest of the cold, and the emptiest when all are hot', () => {
  const { table, balancer } = setUp('prequal', 5);
  for (let slot = 0; slot < 5; slot++) balancer.observe!(slot, [50, 10, 30, 40, 45][slot]!, false, 0, instant(0));
  table.inflight.set([4, 9, 4, 4, 4]);
  // The quantile of 4, 4, 4, 4, 9 is 4: the fastest is hot.
  assert.deepEqual(countPicks(balancer, 5, 20, 1), [0, 0, 20, 0, 0]);
  table.inflight.set([90, 99, 92, 93, 94]);
  assert.equal(balancer.pick(0, [], instant(1)), 0);
});

test('prequal counts other gateways’ requests while reports are fresh', () => {
  const { table, balancer } = setUp('prequal', 2);
  for (const slot of [0, 1]) balancer.observe!(slot, 10, false, 0, instant(0));
  table.inflight.set([5, 2]);
  table.reportedInflight.set([5, 22]);
  table.reportedStamp.set([1, 1]);
  countPicks(balancer, 2, 8, 2);
  // 20 of the 22 on slot 1 are others': it gets none while slot 0 has fewer than 22.
  assert.deepEqual(countPicks(balancer, 2, 10, 2), [10, 0]);
  table.inflight[0] = 21;
  assert.deepEqual(countPicks(balancer, 2, 10, 3), [10, 0]);
  table.inflight[0] = 40;
  assert.deepEqual(countPicks(balancer, 2, 10, 3), [0, 10]);
  // Reports that are too old do not count, nor does one that names none: by our own counts slot 1 has fewer.
  table.inflight[0] = 5;
  assert.deepEqual(countPicks(balancer, 2, 10, 10_002), [0, 10]);
  table.reportedInflight.set([-1, -1]);
  assert.deepEqual(countPicks(balancer, 2, 10, 4), [0, 10]);
});

test('prequal trusts a report less the older it is, and falls back on their mean', () => {
  const { table, balancer } = setUp('prequal', 2);
  for (const slot of [0, 1]) balancer.observe!(slot, 10, false, 0, instant(0));
  table.inflight.set([8, 0]);
  const report = (inflight: number, stamp: number): void => {
    table.reportedInflight[1] = inflight;
    table.reportedStamp[1] = stamp;
    countPicks(balancer, 2, 8, stamp);
  };
  table.reportedInflight[0] = -1;
  for (let time = 1; time <= 50; time++) report(4, time);
  report(16, 51);
  assert.deepEqual(countPicks(balancer, 2, 10, 51), [10, 0], '16 others against 8');
  // Mean 5.5; after 20 ms, two latencies, 5.5 + 10.5 / e² = 6.9.
  assert.deepEqual(countPicks(balancer, 2, 10, 71), [0, 10]);
});

test('prequal tries a slow endpoint again after a while', () => {
  const { balancer } = setUp('prequal', 2, { decayMs: 1000 });
  balancer.observe!(0, 500, false, 0, instant(0));
  balancer.observe!(1, 10, false, 0, instant(0));
  assert.deepEqual(countPicks(balancer, 2, 10, 10), [0, 10]);
  balancer.observe!(1, 10, false, 0, instant(8000));
  assert.ok(countPicks(balancer, 2, 10, 8000)[0]! > 0);
});

test('resource follows headroom, and leaves out who is above a bound', () => {
  const { table, balancer } = setUp('resource', 3, { maxCpu: 0.9, maxMemory: 0.8 });
  table.reportedCpu.set([0.2, 0.6, 0.95]);
  table.reportedMemory.set([0.1, 0.1, 0.1]);
  table.reportedStamp.fill(1000, 0, 3);
  const counts = countPicks(balancer, 3, 9000, 1000);
  // Headroom 0.8 and 0.4; standard deviation 45.
  assert.ok(counts[2] === 0 && Math.abs(counts[0]! - 6000) < 210, counts.join());
  table.reportedMemory.set([0.85, 0.85, 0.1]);
  assert.deepEqual(countPicks(balancer, 3, 100, 1050)[2], 0, 'weights are as old as 100 ms');
  const all = countPicks(balancer, 3, 100, 1100);
  assert.ok(
    all.every((count) => count > 0),
    'all are above: none is left out',
  );
});

test('resource takes one above its bound rather than none, and gives the unknown the mean', () => {
  const { table, balancer } = setUp('resource', 2, { maxCpu: 0.9 });
  table.reportedCpu[0] = 0.95;
  table.reportedStamp[0] = 1000;
  assert.equal(balancer.pick(0, [1], instant(1000)), 0);
  assert.equal(balancer.pick(0, [0, 1], instant(1000)), NONE);
  table.reportedCpu[0] = 0.5;
  const counts = countPicks(balancer, 2, 4000, 2000);
  assert.ok(Math.abs(counts[0]! - 2000) < 150, counts.join());
  assert.ok(countPicks(balancer, 2, 100, 40_000)[0]! > 20, 'old reports do not count');
});

test('first fit fills the first, then the next, and comes back', () => {
  const { table, balancer } = setUp('first-fit', 3);
  balancer.update(makeCandidates(3, false, 2));
  const picked = Array.from({ length: 6 }, () => {
    const slot = balancer.pick(0, [], instant(0));
    table.inflight[slot]!++;
    return slot;
  });
  assert.deepEqual(picked, [0, 0, 1, 1, 2, 2]);
  table.inflight[0]!--;
  assert.equal(balancer.pick(0, [], instant(0)), 0);
  balancer.update(makeCandidates(3, false));
  assert.deepEqual(countPicks(balancer, 3, 9, 0), [9, 0, 0], 'without a bound the first takes all');
});

test('first fit among 1,000 finds a place that became free', () => {
  const { table, balancer } = setUp('first-fit', 1000);
  balancer.update(makeCandidates(1000, false, 1));
  table.inflight.fill(1, 0, 900);
  assert.equal(balancer.pick(0, [], instant(0)), 900);
  table.inflight[333] = 0;
  const picked = Array.from({ length: 15 }, () => balancer.pick(0, [], instant(0)));
  assert.ok(picked.includes(333), '900 / 64 picks look at all before');
});

test('alias draws follow their weights', () => {
  const random = seededRandom(5);
  const draws = new AliasTable();
  const weights = Float64Array.of(1, 2, 3, 4);
  draws.rebuild(weights, 4);
  const counts = Array.from({ length: 4 }, () => 0);
  for (let draw = 0; draw < 100_000; draw++) counts[draws.draw(random)]!++;
  const chiSquare = counts.reduce((sum, count, index) => sum + (count - weights[index]! * 10_000) ** 2 / (weights[index]! * 10_000), 0);
  // Three degrees of freedom: 21.1 is passed by chance once in 10,000.
  assert.ok(chiSquare < 21.1, `chi square ${chiSquare}, seed 5`);
  for (let draw = 0; draw < 1000; draw++) assert.notEqual(draws.drawOther(random, 3), 3);
});
