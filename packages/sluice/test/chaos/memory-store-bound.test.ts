/** Ten million insertions over a million keys: the store's bytes and the process's stay where they were. Half a minute to one. */
import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { insertMany } from '../support/insertions.ts';
import { residentBytes } from '../support/memory.ts';
import { MIB, openStore } from '../support/memory-store.ts';

const CAPACITY = 16 * MIB;
/** The heap of this process comes and goes by so much. */
const HEAP_SLACK = 128 * MIB;

test('ten million insertions over a million keys stay inside the bound', { timeout: 280_000 }, () => {
  const before = residentBytes(process.pid);
  const store = openStore({ capacityBytes: CAPACITY, entriesMax: 16_384 });
  equal(insertMany(store, 10_000_000, 13, 1), 10_000_000);
  const { bytes, arenaBytes, insertions } = store.stats();
  ok(bytes > 0.98 * arenaBytes && bytes <= arenaBytes, `${bytes} of ${arenaBytes} bytes are in use`);
  equal(insertions, 10_000_000);
  store.verify();
  const grown = residentBytes(process.pid) - before;
  ok(grown < CAPACITY + HEAP_SLACK, `the process grew by ${grown} bytes`);
});
