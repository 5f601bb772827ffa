import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { BUCKET_COUNT, bucketOf } from '../base/histogram.ts';
import { ExemplarBoard, ExemplarWriter } from './exemplar-board.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const WALL_MS = 1_795_000_000_123.5;

test('a sampled trace is found in the bucket of its duration, and in no other row', () => {
  const board = new ExemplarBoard(2);
  new ExemplarWriter(board.buffer, 1).note('service', 7, 42.5, TRACE, SPAN, WALL_MS);
  const row = board.row('service', 7);
  ok(row !== null);
  equal(row.length, BUCKET_COUNT);
  deepEqual(row[bucketOf(42.5)], { traceId: TRACE, spanId: SPAN, durationMs: 42.5, wallMs: WALL_MS });
  equal(row.filter((one) => one !== null).length, 1);
  equal(board.row('service', 8), null);
  equal(board.row('listener', 7), null);
});

test('the youngest of all workers is shown, whichever worker that is', () => {
  const board = new ExemplarBoard(3);
  const note = (worker: number, spanId: string, wallMs: number): void =>
    new ExemplarWriter(board.buffer, worker).note('listener', 0, 1, TRACE, spanId, wallMs);
  note(0, '0000000000000001', 10);
  note(2, 'ffffffffffffffff', 30);
  note(1, '0000000000000002', 20);
  equal(board.row('listener', 0)?.[bucketOf(1)]?.spanId, 'ffffffffffffffff');
  note(2, '0000000000000003', 15);
  equal(board.row('listener', 0)?.[bucketOf(1)]?.spanId, '0000000000000002');
});

test('a slot that is handed to another name starts empty, and -1 is none', () => {
  const board = new ExemplarBoard(1);
  const writer = new ExemplarWriter(board.buffer, 0);
  writer.note('service', -1, 1, TRACE, SPAN, WALL_MS);
  writer.note('service', 4_095, 1, TRACE, SPAN, WALL_MS);
  board.reset('service', 4_095);
  equal(board.row('service', 4_095), null);
  writer.note('service', 4_095, 5, TRACE, SPAN, WALL_MS);
  deepEqual(
    board.row('service', 4_095)?.flatMap((one) => one?.durationMs ?? []),
    [5],
  );
  throws(() => board.row('listener', 256), /a listener slot is in 0\.\.255, got 256/);
  throws(() => new ExemplarWriter(board.buffer, 1), /region for worker 1/);
});

test('what is read while a worker writes is never torn', async () => {
  const board = new ExemplarBoard(1);
  const url = new URL('./exemplar-board.ts', import.meta.url).href;
  const source = `
    import { workerData } from 'node:worker_threads';
    import { ExemplarWriter } from ${JSON.stringify(url)};
    const writer = new ExemplarWriter(workerData, 0);
    for (let n = 0; n < 200_000; n++) {
      const digit = (n % 16).toString(16);
      writer.note('service', 0, 1 + (n % 16) / 1_000, digit.repeat(32), digit.repeat(16), n % 16);
    }`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData: board.buffer });
  let isOver = false;
  const ended = new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => resolve());
  }).finally(() => (isOver = true));
  let reads = 0;
  while (!isOver) {
    for (let round = 0; round < 500; round++) {
      const found = board.row('service', 0)?.find((one) => one !== null);
      if (found === undefined || found === null) continue;
      const digit = found.wallMs.toString(16);
      deepEqual(found, { traceId: digit.repeat(32), spanId: digit.repeat(16), durationMs: 1 + found.wallMs / 1_000, wallMs: found.wallMs });
      reads++;
    }
    await new Promise(setImmediate);
  }
  await ended;
  ok(reads > 100, `${reads} reads`);
});
