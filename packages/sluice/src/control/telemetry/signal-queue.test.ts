import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import type { Delivery } from '../../clients/otlp/delivery.ts';
import { SignalQueue } from './signal-queue.ts';
import { type SignalCounts, SignalReport } from './signal-report.ts';

const TAKEN: Delivery = { end: 'taken', rejected: 0, reason: '' };
const AWAY: Delivery = { end: 'away', reason: 'ECONNREFUSED', afterMs: null };

test('items wait a second for others and leave in batches of 512, one at a time', async () => {
  const { queue, runtime, batches, answer, counts } = stage(4_096);
  queue.push(numbers(0, 100));
  assert.equal(batches.length, 0);
  queue.push(numbers(100, 1_100));
  assert.deepEqual(sizes(batches), [512]);
  await answer(TAKEN);
  assert.deepEqual(sizes(batches), [512, 512]);
  await answer(TAKEN);
  assert.deepEqual(sizes(batches), [512, 512], 'what is left of a batch waits again');
  runtime.advance(1_000);
  assert.deepEqual(sizes(batches), [512, 512, 76]);
  await answer(TAKEN);
  assert.deepEqual(batches.flat(), numbers(0, 1_100), 'in order, each once');
  assert.deepEqual(counts, { exported: 1_100, dropped: 0, failed: 0 });
});

test('a collector that is away is asked again after ever longer, the oldest is dropped beyond the bound, and both ends are said once', async () => {
  const { queue, runtime, batches, answer, counts, said } = stage(1_000);
  queue.push(numbers(0, 600));
  await answer(AWAY);
  assert.deepEqual(said, ['otlp-away traces ECONNREFUSED']);
  assert.equal(queue.size, 600, 'what was under way waits again');
  queue.push(numbers(600, 1_500));
  assert.equal(queue.size, 1_000);
  assert.equal(counts.dropped, 500);
  for (const waitMs of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]) {
    const before = batches.length;
    runtime.advance(waitMs);
    assert.equal(batches.length, before + 1, `asked again within ${waitMs} ms`);
    await answer(AWAY);
  }
  assert.equal(said.length, 1);
  runtime.advance(60_000);
  await answer(TAKEN);
  runtime.advance(1_000);
  await answer(TAKEN);
  assert.deepEqual(said.slice(1), ['otlp-back traces lost=500']);
  assert.deepEqual(counts, { exported: 1_000, dropped: 500, failed: 0 });
  assert.deepEqual(batches.slice(-2).flat(), numbers(500, 1_500));
});

test('the wait that the collector asks for is kept', async () => {
  const { queue, runtime, batches, answer } = stage(1_000);
  queue.push(numbers(0, 512));
  await answer({ end: 'away', reason: 'HTTP 429', afterMs: 30_000 });
  runtime.advance(29_999);
  assert.equal(batches.length, 1);
  runtime.advance(1);
  assert.equal(batches.length, 2);
});

test('what is refused is given up and counted, and said once until something is taken', async () => {
  const { queue, answer, counts, said } = stage(10_000);
  queue.push(numbers(0, 512 * 4));
  await answer({ end: 'refused', reason: 'HTTP 400' });
  await answer({ end: 'refused', reason: 'HTTP 400' });
  await answer({ end: 'taken', rejected: 12, reason: 'too old' });
  await answer(TAKEN);
  assert.deepEqual(counts, { exported: 1_012, dropped: 0, failed: 1_036 });
  assert.deepEqual(said, ['otlp-refused traces HTTP 400']);
});

test('a flush sends what waits, and does not wait for a collector that is away', async () => {
  const { queue, answer, batches } = stage(10_000);
  queue.push(numbers(0, 100));
  const flushed = queue.flush();
  await answer(TAKEN);
  await flushed;
  assert.equal(queue.size, 0);
  queue.push(numbers(100, 200));
  const again = queue.flush();
  await answer(AWAY);
  await again;
  assert.equal(batches.length, 2);
  assert.deepEqual(queue.close(), numbers(100, 200), 'what is left can go elsewhere');
});

test('items that stand for many count as many: in batches, for the bound and in the counts', async () => {
  const { queue, runtime, batches, answer, counts } = stage(1_000, 100);
  queue.push(numbers(0, 5));
  assert.deepEqual([batches.length, queue.size], [0, 500]);
  queue.push(numbers(5, 12));
  assert.deepEqual([sizes(batches), queue.size, counts.dropped], [[6], 1_000, 200], 'the oldest are gone, six make a batch');
  await answer({ end: 'taken', rejected: 30, reason: 'too old' });
  runtime.advance(1_000);
  await answer({ end: 'refused', reason: 'HTTP 400' });
  assert.deepEqual(counts, { exported: 570, dropped: 200, failed: 430 });
  assert.deepEqual(batches.flat(), numbers(2, 12));
});

interface Stage {
  readonly runtime: ReturnType<typeof manualRuntime>;
  readonly queue: SignalQueue<number>;
  readonly batches: (readonly number[])[];
  readonly counts: SignalCounts;
  readonly said: string[];
  /** Answers the batch under way. */
  readonly answer: (delivery: Delivery) => Promise<void>;
}

/** @param each What an item counts for. */
function stage(max: number, each = 1): Stage {
  const runtime = manualRuntime();
  const counts: SignalCounts = { exported: 0, dropped: 0, failed: 0 };
  const said: string[] = [];
  const batches: (readonly number[])[] = [];
  let resolve: ((delivery: Delivery) => void) | null = null;
  const say: ConstructorParameters<typeof SignalReport>[0]['say'] = (_level, what, { signal, reason, lost }) =>
    void said.push(`${what} ${signal} ${reason ?? `lost=${lost}`}`);
  const report = new SignalReport({ signal: 'traces', collector: 'otel:4318', counts, runtime, say });
  const send = (batch: readonly number[]): Promise<Delivery> => {
    assert.equal(resolve, null, 'one batch is under way at a time');
    batches.push(batch);
    return new Promise((found) => (resolve = found));
  };
  const answer = async (delivery: Delivery): Promise<void> => {
    await turn();
    assert.ok(resolve !== null, 'a batch is under way');
    const found = resolve;
    resolve = null;
    found(delivery);
    await turn();
  };
  return { runtime, queue: new SignalQueue({ runtime, max, sizeOf: () => each, report, send }), batches, counts, said, answer };
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

function sizes(batches: readonly (readonly number[])[]): number[] {
  return batches.map(({ length }) => length);
}
