import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '../../core/caching/memory/memory-store.ts';
import { workerMemory } from './worker-memory.ts';

const options = { capacityBytes: 2 ** 20, entriesMax: 1_024, objectBytesMax: 65_536, eviction: 'fifo' } as const;

/** The same memory as another message brings it. */
function sentAgain(buffer: SharedArrayBuffer): SharedArrayBuffer {
  return structuredClone(buffer);
}

test('one memory has one store in a worker, however often and in whatever object it comes', () => {
  const buffer = createMemoryStore({ ...options, seed: 101 });
  const store = workerMemory(buffer, 0);
  const again = sentAgain(buffer);
  assert.notEqual(again, buffer);
  assert.equal(workerMemory(again, 0), store);
  assert.notEqual(workerMemory(again, 1), store);
});

test('another memory of the same size is another store', () => {
  const one = workerMemory(createMemoryStore({ ...options, seed: 102 }), 0);
  assert.notEqual(workerMemory(createMemoryStore({ ...options, seed: 103 }), 0), one);
});
