import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { percentile, sampleCount } from '../base/histogram.ts';
import { connectionsOf, endedOf, inflightOf, MetricBoard } from './metric-board.ts';
import {
  BUCKETS,
  BYTES_IN,
  BYTES_OUT,
  CONNECTIONS_REFUSED,
  CUT,
  DURATION_SUM,
  EJECTIONS,
  LOG_DROPPED,
  REGION_LENGTH,
  RETRIES,
  ROW_LENGTH,
  ROUTES_MAX,
  SHED,
} from './metric-layout.ts';
import { WorkerMetrics } from './worker-metrics.ts';

const TWO = 2;
const FIVE = 5;

test('an exchange counts for its listener, route, service and endpoint, and for nobody else', () => {
  const board = new MetricBoard(1);
  const worker = new WorkerMetrics(board.buffer, 0);
  worker.exchangeStarted(1, 2, 3);
  equal(inflightOf(board.row('route', 2)), 1);
  worker.exchangeEnded(1, 2, 3, 4, 204, 12, 300, 4_000);
  for (const [kind, slot] of [
    ['listener', 1],
    ['route', 2],
    ['service', 3],
    ['endpoint', 4],
  ] as const) {
    const row = board.row(kind, slot);
    equal(row[TWO], 1, kind);
    equal(row[BYTES_IN], 300, kind);
    equal(row[BYTES_OUT], 4_000, kind);
    equal(row[DURATION_SUM], 12, kind);
    equal(sampleCount(row, BUCKETS), 1, kind);
    equal(endedOf(board.row(kind, slot + 1)), 0, kind);
  }
  equal(inflightOf(board.row('route', 2)), 0);
});

test('slot -1 means none', () => {
  const board = new MetricBoard(1);
  const worker = new WorkerMetrics(board.buffer, 0);
  worker.exchangeStarted(0, -1, -1);
  worker.exchangeEnded(0, -1, -1, -1, 404, 1, 10, 10);
  worker.attemptEnded(-1, 502, 1, 1, 1);
  worker.shed(-1, -1);
  worker.affinityForged(-1);
  const cells = new Float64Array(board.buffer);
  ok(cells.subarray(ROW_LENGTH, 2 * REGION_LENGTH).every((cell) => cell === 0));
});

test('what is no whole reply is a cut, and an upgrade spoils no histogram', () => {
  const board = new MetricBoard(1);
  const worker = new WorkerMetrics(board.buffer, 0);
  for (const status of [0, 99, 600, Number.NaN]) worker.exchangeEnded(0, -1, -1, -1, status, 1, 0, 0);
  worker.exchangeEnded(0, -1, -1, -1, 101, 3_600_000, 10, 20);
  const row = board.row('listener', 0);
  equal(row[CUT], 4);
  equal(row[1], 1);
  equal(sampleCount(row, BUCKETS), 4);
  equal(row[DURATION_SUM], 4);
  equal(row[BYTES_OUT], 20);
});

test('regions of workers never overlap, and the reader sums them', () => {
  const board = new MetricBoard(3);
  for (let index = 0; index < 3; index++) {
    const worker = new WorkerMetrics(board.buffer, index);
    worker.exchangeEnded(0, ROUTES_MAX - 1, 4_095, 16_383, 200, 10 ** index, 1, 1);
    worker.logDropped(index);
  }
  board.control.ejected(4_095, 16_383);
  const row = board.row('endpoint', 16_383);
  equal(row[TWO], 3);
  equal(row[EJECTIONS], 1);
  equal(percentile(row, 1, BUCKETS), 100);
  equal(board.row('worker', 0)[LOG_DROPPED], 3);
  equal(REGION_LENGTH % 8, 0);
});

test('two worker threads count at once and lose nothing', async () => {
  const board = new MetricBoard(2);
  const url = new URL('./worker-metrics.ts', import.meta.url).href;
  const source = `
    import { workerData } from 'node:worker_threads';
    import { WorkerMetrics } from ${JSON.stringify(url)};
    const metrics = new WorkerMetrics(workerData.buffer, workerData.index);
    for (let n = 0; n < 50_000; n++) {
      metrics.exchangeStarted(0, n % 7, 0);
      metrics.exchangeEnded(0, n % 7, 0, n % 3, n % 10 === 0 ? 503 : 200, n % 100, 1, 2);
    }`;
  const run = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
        workerData: { buffer: board.buffer, index },
      });
      worker.once('error', reject);
      worker.once('exit', () => resolve());
    });
  await Promise.all([run(0), run(1)]);
  const row = board.row('listener', 0);
  equal(row[TWO], 90_000);
  equal(row[FIVE], 10_000);
  equal(row[BYTES_OUT], 200_000);
  equal(inflightOf(row), 0);
});

test("a crashed worker's totals stay; its exchanges in flight are cut, its connections closed", () => {
  const board = new MetricBoard(2);
  const crashed = new WorkerMetrics(board.buffer, 0);
  const other = new WorkerMetrics(board.buffer, 1);
  for (const worker of [crashed, other]) {
    worker.connectionOpened(0);
    worker.exchangeStarted(0, 9, -1);
    worker.exchangeEnded(0, 9, -1, -1, 200, 1, 1, 1);
    worker.exchangeStarted(0, 9, -1);
  }
  board.workerRestarted(0);
  const row = board.row('route', 9);
  equal(row[TWO], 2);
  equal(row[CUT], 1);
  equal(inflightOf(row), 1);
  equal(connectionsOf(board.row('listener', 0)), 1);
  const successor = new WorkerMetrics(board.buffer, 0);
  successor.exchangeStarted(0, 9, -1);
  equal(inflightOf(board.row('route', 9)), 2);
});

test('a slot that is handed to another name starts from 0', () => {
  const board = new MetricBoard(2);
  new WorkerMetrics(board.buffer, 1).retried(5, 6, 7);
  board.control.ejected(6, 7);
  board.reset('endpoint', 7);
  ok(board.row('endpoint', 7).every((cell) => cell === 0));
  equal(board.row('route', 5)[RETRIES], 1);
  equal(board.row('service', 6)[RETRIES], 1);
});

test(
  'reading and resetting rows that nobody has written takes no memory',
  { skip: existsSync('/proc/self/status') ? false : 'needs /proc' },
  () => {
    const resident = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1_024;
    const board = new MetricBoard(16);
    const row = new Float64Array(ROW_LENGTH);
    const before = resident();
    for (let slot = 0; slot < 20_000; slot++) {
      board.row('route', slot, row);
      board.reset('route', slot);
    }
    // Written, the rows would take 152 MiB.
    ok(resident() - before < 30, `${resident() - before} MiB`);
  },
);

test('connections: opened, closed by reason, refused', () => {
  const board = new MetricBoard(1);
  const worker = new WorkerMetrics(board.buffer, 0);
  for (let index = 0; index < 5; index++) worker.connectionOpened(2);
  for (const reason of ['normal', 'timeout', 'error', 'drain'] as const) worker.connectionClosed(2, reason);
  worker.connectionRefused(2);
  worker.shed(1, 1);
  const row = board.row('listener', 2);
  equal(connectionsOf(row), 1);
  equal(row[CONNECTIONS_REFUSED], 1);
  equal(board.row('service', 1)[SHED], 1);
});

test('what is in flight is the same whether read from the row or column by column', () => {
  const board = new MetricBoard(4);
  new WorkerMetrics(board.buffer, 0).exchangeStarted(0, 3, 1);
  equal(board.inflight('route', 3), 1);
  const late = new WorkerMetrics(board.buffer, 2);
  late.connectionOpened(5);
  late.connectionOpened(5);
  late.connectionClosed(5, 'drain');
  late.exchangeStarted(0, 3, 1);
  late.exchangeStarted(0, 3, 1);
  late.exchangeEnded(0, 3, 1, 0, 200, 1, 1, 1);
  deepEqual([board.inflight('route', 3), inflightOf(board.row('route', 3))], [2, 2]);
  deepEqual([board.connections(5), connectionsOf(board.row('listener', 5))], [1, 1]);
  deepEqual([board.inflight('route', 4), board.connections(6)], [0, 0]);
});

test('progress rises with exchanges that end and with bytes alone; the first columns are those of the row', () => {
  const board = new MetricBoard(2);
  const workers = [0, 1].map((index) => new WorkerMetrics(board.buffer, index));
  const progress = (): number => board.progress('service', 3, board.regions());
  workers[0]!.exchangeStarted(-1, -1, 3);
  const idle = progress();
  workers[1]!.exchangeEnded(-1, -1, 3, 4, 500, 10, 0, 0);
  const ended = progress();
  workers[0]!.bytesMoved(-1, 3, -1, 5, 0);
  ok(idle === 0 && ended > idle && progress() > ended, `${idle}, ${ended}, ${progress()}`);
  const into = new Float64Array(ROW_LENGTH).fill(7);
  board.columns('service', 3, { into, count: BUCKETS, regions: board.regions() });
  deepEqual(into.slice(0, BUCKETS), board.row('service', 3).slice(0, BUCKETS));
  equal(into[BUCKETS], 7);
});

test('a slot or worker beyond the capacity is a programming error', () => {
  const board = new MetricBoard(1);
  throws(() => board.row('listener', 256), /a listener slot is in 0\.\.255, got 256/);
  throws(() => new WorkerMetrics(board.buffer, 2), /region for worker 2/);
  throws(() => new MetricBoard(0), /workers must be 1\.\.1024, got 0/);
});
