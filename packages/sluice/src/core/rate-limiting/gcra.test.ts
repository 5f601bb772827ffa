import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { instant } from '../../base/time.ts';
import { within } from '../../../test/support/waiting.ts';
import type { RateDecision } from './decision.ts';
import { Gcra, type GcraRule } from './gcra.ts';
import { createLimitTable, LimitTable } from './limit-table.ts';

const SECRET = { k0: 1, k1: 2 };

const KEY = { high: 11, low: 13 };

function newTable(keysMax = 1_000): LimitTable {
  return new LimitTable(createLimitTable(keysMax, SECRET));
}

function limiter(rule: GcraRule, startMs = 5_000): (atMs: number, cost?: number) => RateDecision {
  const gcra = new Gcra(newTable(), rule);
  return (atMs, cost = 1) => gcra.take(KEY, cost, instant(startMs + atMs));
}

test('a burst goes through at once, and what is left counts down to a refusal', () => {
  const take = limiter({ rate: 10, periodMs: 1_000, burst: 3 });
  assert.deepEqual(
    [0, 0, 0, 0].map((at) => take(at)).map(({ allowed, remaining }) => [allowed, remaining]),
    [
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
    ],
  );
});

test('a refusal says when the next is let in, and then it is', () => {
  const take = limiter({ rate: 10, periodMs: 1_000, burst: 2 });
  take(0);
  take(0);
  const refused = take(30);
  assert.deepEqual(refused, { allowed: false, limit: 2, remaining: 0, resetMs: 170, retryAfterMs: 70 });
  assert.equal(take(99.8).allowed, false);
  assert.equal(take(100).allowed, true);
});

test('a refused request is not charged', () => {
  const take = limiter({ rate: 1, periodMs: 1_000, burst: 1 });
  take(0);
  for (let at = 0; at < 1_000; at += 10) assert.equal(take(at).allowed, false);
  assert.equal(take(1_000).allowed, true);
});

test('units that a key was idle for do not add up beyond the burst', () => {
  const take = limiter({ rate: 100, periodMs: 1_000, burst: 5 });
  take(0);
  const allowed = Array.from({ length: 20 }, () => take(3_600_000).allowed).filter(Boolean);
  assert.equal(allowed.length, 5);
});

test('a cost above what is left is refused whole, one above the burst for ever, and a cost of 0 only looks', () => {
  const take = limiter({ rate: 10, periodMs: 1_000, burst: 5 });
  take(0, 3);
  assert.deepEqual(take(0, 0), { allowed: true, limit: 5, remaining: 2, resetMs: 300, retryAfterMs: 0 });
  const refused = take(0, 3);
  assert.deepEqual([refused.allowed, refused.remaining, refused.retryAfterMs], [false, 2, 100]);
  assert.equal(take(0, 6).retryAfterMs, Infinity);
  assert.equal(take(0, 2).allowed, true);
});

test('intervals that are no whole numbers lose nothing over a long time', () => {
  const take = limiter({ rate: 7, periodMs: 1_000, burst: 1 }, 86_400_000);
  let allowed = 0;
  for (let at = 0; at < 1_000_000; at += 1) if (take(at).allowed) allowed += 1;
  assert(allowed >= 6_990 - 60 && allowed <= 7_000, `${allowed}: each is up to 1 ms late because of the clock's steps`);
});

test('a full table lets a newcomer in rather than refuse it', () => {
  const table = newTable(4);
  for (let key = 1; key <= 8; key++) table.states[table.find({ high: key, low: key }, true, instant(0))] = -1n;
  const decision = new Gcra(table, { rate: 1, periodMs: 1_000, burst: 2 }).take({ high: 99, low: 99 }, 1, instant(1));
  assert.deepEqual([decision.allowed, decision.remaining], [true, 1]);
});

test('workers that take from one key in the same moments let in what one would', async () => {
  const table = newTable();
  const source = `
    import { parentPort, workerData } from 'node:worker_threads';
    const { Gcra } = await import(workerData.gcra);
    const { LimitTable } = await import(workerData.table);
    const gcra = new Gcra(new LimitTable(workerData.buffer), { rate: 1000, periodMs: 1000, burst: 50000 });
    const start = new Int32Array(workerData.start);
    Atomics.add(start, 0, 1);
    while (Atomics.load(start, 0) < 2);
    let allowed = 0;
    for (let turn = 0; turn < 60000; turn++) if (gcra.take({ high: 11, low: 13 }, 1, 1000 + (turn % 100)).allowed) allowed++;
    parentPort.postMessage(allowed);`;
  const workerData = {
    gcra: new URL('./gcra.ts', import.meta.url).href,
    table: new URL('./limit-table.ts', import.meta.url).href,
    buffer: table.buffer,
    start: new SharedArrayBuffer(4),
  };
  const racers = [0, 1].map(() => {
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData });
    const allowed = new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject));
    return { worker, allowed };
  });
  const counts = await within(30_000, 'both workers have counted', Promise.all(racers.map(({ allowed }) => allowed)));
  await Promise.all(racers.map(({ worker }) => worker.terminate()));
  const total = counts[0]! + counts[1]!;
  // Between the earliest moment, 1000 ms, and the latest, 1099 ms, 99 units come back to the burst of 50,000.
  assert(total >= 50_000 && total <= 50_099, `${counts.join(' + ')}`);
  assert.equal(table.forgotten, 0);
});
