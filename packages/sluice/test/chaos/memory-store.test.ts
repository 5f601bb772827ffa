/** Worker threads that share one memory store: no byte of another's is ever read, and threads killed at any moment leave a sound store behind. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { randomInteger, seededRandom } from '../../src/base/random.ts';
import { LOCK } from '../../src/core/caching/memory/memory-layout.ts';
import { CONTROL, MemoryStore } from '../../src/core/caching/memory/memory-store.ts';
import type { MemoryStoreOptions } from '../../src/core/caching/memory/memory-store.ts';
import { decode, metaOf, put, read, storeBuffer } from '../support/memory-store.ts';

const WORKER = new URL('../support/memory-store-worker.main.ts', import.meta.url);
const OWNERS_MAX = 64;

class Crowd {
  readonly store: MemoryStore;
  readonly failures: string[] = [];
  found = 0;
  readonly #exits = new Map<Worker, Promise<unknown>>();
  readonly #buffer: SharedArrayBuffer;
  readonly #board = new Int32Array(new SharedArrayBuffer(4 * (1 + OWNERS_MAX)));
  readonly #keys: number;
  readonly #bodyBytesMax: number;

  constructor(options: Partial<MemoryStoreOptions>, keys: number, bodyBytesMax: number) {
    this.#buffer = storeBuffer(options);
    this.store = new MemoryStore(this.#buffer, CONTROL, decode);
    this.#keys = keys;
    this.#bodyBytesMax = bodyBytesMax;
  }

  start(owner: number, seed: number): Worker {
    const workerData = { buffer: this.#buffer, owner, seed, keys: this.#keys, bodyBytesMax: this.#bodyBytesMax, board: this.#board };
    const worker = new Worker(WORKER, { workerData });
    this.#exits.set(worker, new Promise((resolve) => worker.once('exit', resolve)));
    worker.on('message', (message: string) => {
      if (message.startsWith('done: ')) this.found += Number(message.slice(6));
      else this.failures.push(message);
    });
    worker.on('error', (error) => this.failures.push(error instanceof Error ? String(error.stack) : String(error)));
    return worker;
  }

  rounds(owner: number): number {
    return Atomics.load(this.#board, 1 + owner);
  }

  /** Resolves when an owner has done so many rounds more. */
  async work(owner: number, rounds: number): Promise<void> {
    const goal = this.rounds(owner) + rounds;
    while (this.rounds(owner) < goal && this.failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  async stop(workers: readonly Worker[]): Promise<void> {
    Atomics.store(this.#board, 0, 1);
    for (const worker of workers) await this.#exits.get(worker);
  }
}

for (const eviction of ['s3-fifo', 'lru', 'sieve', 'w-tinylfu'] as const) {
  test(`${eviction}: four threads on one store never read a byte of another entry`, { timeout: 60_000 }, async () => {
    const crowd = new Crowd({ eviction, capacityBytes: 2 ** 20 }, 60, 40_000);
    const workers = [0, 1, 2, 3].map((owner) => crowd.start(owner, 100 + owner));
    await Promise.all(workers.map((_, owner) => crowd.work(owner, 4_000)));
    await crowd.stop(workers);
    deepEqual(crowd.failures, []);
    ok(crowd.found > 1_000, `only ${crowd.found} entries were looked at`);
    crowd.store.verify();
    crowd.store.purgePrefix('', false);
    equal(crowd.store.stats().bytes, 0, 'nothing is left pinned');
  });
}

test('threads killed at any moment leave a store that is sound, and harm nobody else', { timeout: 120_000 }, async () => {
  const seed = 20_261_120;
  const random = seededRandom(seed);
  const crowd = new Crowd({ capacityBytes: 2 ** 20 }, 60, 20_000);
  const steady = crowd.start(0, 1);
  await crowd.work(0, 200);
  for (let kill = 0; kill < 80; kill++) {
    const victim = crowd.start(1, seed + kill);
    await crowd.work(1, 200);
    for (let spin = randomInteger(random, 200_000); spin > 0; spin--) random();
    await victim.terminate();
    crowd.store.releaseOwner(1);
    crowd.store.verify();
    deepEqual(crowd.failures, [], `seed ${seed}, kill ${kill}`);
  }
  await crowd.work(0, 1_000);
  await crowd.stop([steady]);
  deepEqual(crowd.failures, []);
  crowd.store.verify();
  crowd.store.purgePrefix('', false);
  equal(crowd.store.stats().bytes, 0, 'nothing is left of the dead');
  ok(crowd.store.stats().recoveries > 0, 'some died with the lock, or less was tested than was meant');
});

test('a reader on another thread follows a growing body without looking at it meanwhile', { timeout: 30_000 }, async () => {
  const buffer = storeBuffer();
  const store = new MemoryStore(buffer, CONTROL, decode);
  const source = `
    const { workerData, parentPort } = require('node:worker_threads');
    import(workerData.module).then(async ({ MemoryStore }) => {
      const entry = new MemoryStore(workerData.buffer, 3).find('key');
      const alive = setInterval(() => {}, 1e6); // a wait alone does not keep a thread going
      let sum = 0;
      while (sum < 1000 || entry.state === 'filling') {
        const { available } = entry;
        if (available > sum) parentPort.postMessage((sum = available));
        else await entry.whenMore();
      }
      parentPort.postMessage(entry.state);
      clearInterval(alive);
    });`;
  const writer = store.begin('key', metaOf())!;
  writer.publish();
  const module = new URL('../../src/core/caching/memory/memory-store.ts', import.meta.url).href;
  const worker = new Worker(source, { eval: true, workerData: { buffer, module } });
  const answers: unknown[] = [];
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  let start = 0;
  for (let sent = 1; sent <= 1_000; sent++) {
    const answered = new Promise((resolve) => worker.once('message', resolve));
    writer.append(Buffer.of(sent & 0xff), 0, 1);
    answers.push(await answered);
    if (sent === 1) start = performance.now();
  }
  writer.finish();
  answers.push(await new Promise((resolve) => worker.once('message', resolve)));
  await ended;
  deepEqual(answers, [...Array.from({ length: 1_000 }, (_, index) => index + 1), 'whole']);
  ok(performance.now() - start < 15_000, 'it was woken, and did not wait for its second of patience each time');
});

test('a thread that dies with the lock takes nothing with it', { timeout: 60_000 }, async () => {
  const buffer = storeBuffer();
  const control = new MemoryStore(buffer, CONTROL, decode);
  for (let index = 0; index < 300; index++) ok(put(control, `key ${index}`, `body ${index}`));
  const pinned = control.find('key 7')!;
  const source = `
    const { workerData, parentPort } = require('node:worker_threads');
    import(workerData.module).then(({ MemoryStore }) => {
      const store = new MemoryStore(workerData.buffer, 3);
      const meta = workerData.meta;
      const writer = store.begin('half', { ...meta, bodyBytes: 1000 });
      writer.publish();
      const claim = store.claim('half');
      parentPort.postMessage('ready');
      // The end of the head is read under the lock: there it stays.
      store.begin('stuck', { ...meta, get head() { if (new Error().stack.includes('writeHeadChain')) for (;;); return 'head'; } });
    });`;
  const module = new URL('../../src/core/caching/memory/memory-store.ts', import.meta.url).href;
  const meta = metaOf();
  const worker = new Worker(source, { eval: true, workerData: { buffer, module, meta } });
  await new Promise((resolve) => worker.once('message', resolve));
  const half = control.find('half')!;
  const follower = new MemoryStore(buffer, 4, decode);
  while (Atomics.load(new Int32Array(buffer), LOCK) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const more = half.whenMore();
  await worker.terminate();
  control.releaseOwner(3);
  control.verify();
  await more;
  equal(half.state, 'aborted');
  half.release();
  const claim = follower.claim('half');
  ok(claim.isLeader, 'the claim of the dead is over');
  for (let index = 0; index < 300; index++) equal(read(control, `key ${index}`), `body ${index}`);
  equal(pinned.text(), 'body 7');
  pinned.release();
  const { entries, recoveries } = control.stats();
  deepEqual({ entries, recoveries }, { entries: 300, recoveries: 1 });
  ok(put(follower, 'half', 'whole now'));
  control.verify();
});
