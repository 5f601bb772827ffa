/** Uses without the lock, by threads that do nothing else, while another one evicts: whatever is lost, no slot is named twice and each search ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { mix32 } from '../../../base/hash.ts';
import { evictionStateBytes, openEviction } from './open.ts';
import { EVICTION_NAMES, type EvictionName } from './policy.ts';

const SLOTS = 64;
const ROUNDS = 50_000;
const THREADS = 2;

/** Says when it has begun, and goes on until it is told to stop. */
const TOUCHES = `
const { workerData: { module, name, buffer, signal, options }, parentPort } = require('node:worker_threads');
import(module).then(({ openEviction }) => {
  const policy = openEviction(name, buffer, 0, options);
  const stop = new Int32Array(signal);
  parentPort.postMessage('begun');
  for (let slot = 0; Atomics.load(stop, 0) === 0; slot = (slot + 7) % options.slots) policy.touched(slot);
});`;

const options = { slots: SLOTS, capacityBytes: SLOTS, seed: 1 };

async function startThread(name: EvictionName, buffer: SharedArrayBuffer, signal: SharedArrayBuffer): Promise<Worker> {
  const module = new URL('./open.ts', import.meta.url).href;
  const worker = new Worker(TOUCHES, { eval: true, workerData: { module, name, buffer, signal, options: { ...options, isNew: false } } });
  await once(worker, 'message');
  return worker;
}

const lockFree = EVICTION_NAMES.filter(
  (name) => openEviction(name, new ArrayBuffer(4_096), 0, { ...options, slots: 1, isNew: true }).touchIsLockFree,
);

test('uses need no lock where a use moves nothing', () => {
  assert.deepEqual(lockFree, ['fifo', 'lifo', 'lfu', 'random', 's3-fifo', 'sieve']);
});

for (const name of lockFree) {
  test(`${name} keeps its books while other threads touch`, async () => {
    const buffer = new SharedArrayBuffer(evictionStateBytes(name, SLOTS));
    const signal = new SharedArrayBuffer(4);
    const policy = openEviction(name, buffer, 0, { ...options, isNew: true });
    const workers = await Promise.all(Array.from({ length: THREADS }, () => startThread(name, buffer, signal)));
    try {
      const held = new Set<number>();
      for (let round = 0; round < ROUNDS; round++) {
        const slot = held.size < SLOTS ? held.size : policy.evict();
        if (held.size === SLOTS) assert.ok(held.delete(slot), `slot ${slot} was held`);
        policy.added(slot, mix32(round % 300), 1);
        held.add(slot);
        assert.equal(policy.count, held.size);
      }
    } finally {
      Atomics.store(new Int32Array(signal), 0, 1);
      await Promise.all(workers.map((worker) => once(worker, 'exit')));
    }
  });
}
