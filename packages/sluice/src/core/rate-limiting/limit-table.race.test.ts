/** Workers that fight for the places of a table that is far too small: all of them get through, and no count in flight is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { within } from '../../../test/support/waiting.ts';
import { instant } from '../../base/time.ts';
import { ConcurrencyCounts, takeBackHeld } from './concurrency.ts';
import { createLimitTable, LimitTable } from './limit-table.ts';

const WORKERS = 2;
const TURNS = 40_000;
const KEYS = 40;

const SOURCE = `
  import { parentPort, workerData } from 'node:worker_threads';
  const { Gcra } = await import(new URL('gcra.ts', workerData.folder).href);
  const { ConcurrencyCounts } = await import(new URL('concurrency.ts', workerData.folder).href);
  const { LimitTable } = await import(new URL('limit-table.ts', workerData.folder).href);
  const table = new LimitTable(workerData.buffer);
  const gcra = new Gcra(table, { rate: 10, periodMs: 1000, burst: 5 });
  const counts = new ConcurrencyCounts(table, workerData.worker);
  const start = new Int32Array(workerData.start);
  Atomics.add(start, 0, 1);
  while (Atomics.load(start, 0) < workerData.workers);
  let seed = workerData.worker + 1;
  const next = () => (seed = (Math.imul(seed, 1664525) + 1013904223) | 0);
  const tickets = [];
  for (let turn = 0; turn < workerData.turns; turn++) {
    const name = (next() >>> 8) % workerData.keys;
    const key = { high: name, low: Math.imul(name, 0x9e3779b1) };
    if (turn % 3 > 0) gcra.take(key, 1, 1000 + turn / 100);
    else tickets.push(counts.acquire(key, 1000, 1000 + turn / 100).ticket);
    if (tickets.length > 3) counts.release(tickets.shift());
  }
  parentPort.postMessage(tickets.filter((ticket) => ticket >= 0).length);`;

test('no worker waits for another, and what is in flight at the end is what was not given back', async () => {
  const table = new LimitTable(createLimitTable(16, { k0: 1, k1: 2 }));
  const start = new SharedArrayBuffer(4);
  const folder = new URL('.', import.meta.url).href;
  const racers = Array.from({ length: WORKERS }, (_, worker) => {
    const workerData = { worker, workers: WORKERS, turns: TURNS, keys: KEYS, buffer: table.buffer, start, folder };
    const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(SOURCE)}`), { workerData });
    const held = new Promise<number>((resolve, reject) => thread.once('message', resolve).once('error', reject));
    return { thread, held };
  });
  const held = await within(30_000, 'all workers are through', Promise.all(racers.map((racer) => racer.held)));
  await Promise.all(racers.map(({ thread }) => thread.terminate()));
  assert(table.forgotten > 0, 'they did fight');
  assert.deepEqual(
    held.map((_, worker) => takeBackHeld(table, worker)),
    held,
  );
  const counts = new ConcurrencyCounts(table, WORKERS);
  for (let name = 0; name < KEYS; name++) {
    const { allowed, ticket } = counts.acquire({ high: name, low: Math.imul(name, 0x9e3779b1) }, 1, instant(10_000));
    assert(allowed, `the count of key ${name} is zero`);
    counts.release(ticket);
  }
});
