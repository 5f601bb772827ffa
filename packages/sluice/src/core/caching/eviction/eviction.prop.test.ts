/** Any order of calls leaves each policy with exactly the entries that the store has. The model is a map from slots to sizes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mix32 } from '../../../base/hash.ts';
import { evictionStateBytes, openEviction } from './open.ts';
import { EVICTION_NAMES } from './policy.ts';
import { replay } from './replay.ts';

const SLOTS = 12;

const call = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('add' as const), key: fc.nat(40), bytes: fc.nat(30) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('touch' as const), slot: fc.nat(SLOTS - 1) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('remove' as const), slot: fc.nat(SLOTS - 1) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('evict' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('miss' as const), key: fc.nat(40) }) },
);

for (const name of EVICTION_NAMES) {
  test(`${name} holds what was added and neither evicted nor removed`, () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 300, size: 'max' }), fc.integer({ min: 1, max: 200 }), (calls, capacityBytes) => {
        const buffer = new SharedArrayBuffer(evictionStateBytes(name, SLOTS));
        const policy = openEviction(name, buffer, 0, { slots: SLOTS, capacityBytes, seed: 5, isNew: true });
        const held = new Map<number, number>();
        const evict = (): number => {
          const slot = policy.evict();
          assert.equal(slot === -1, held.size === 0);
          if (slot >= 0) assert.ok(held.delete(slot), `slot ${slot} was held`);
          return slot;
        };
        for (const each of calls) {
          if (each.type === 'evict') evict();
          if (each.type === 'miss') policy.missed(mix32(each.key));
          if (each.type === 'touch' && (policy.touchIsLockFree || held.has(each.slot))) policy.touched(each.slot);
          if (each.type === 'remove') {
            policy.removed(each.slot);
            held.delete(each.slot);
          }
          if (each.type === 'add') {
            const slot = held.size === SLOTS ? evict() : freeSlot(held);
            policy.added(slot, mix32(each.key), each.bytes);
            held.set(slot, each.bytes);
          }
          assert.equal(policy.count, held.size);
          assert.equal(
            policy.bytes,
            [...held.values()].reduce((sum, bytes) => sum + bytes, 0),
          );
        }
        while (held.size > 0) evict();
        assert.equal(evict(), -1);
      }),
    );
  });

  test(`${name} finds room for objects of any size, as long as they fit at all`, () => {
    const object = fc.nat(19);
    const size = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(
        fc.array(object, { maxLength: 300, size: 'max' }),
        fc.array(size, { minLength: 20, maxLength: 20 }),
        fc.integer({ min: 1, max: 600 }),
        (requests, sizes, capacity) => {
          const trace = { requests: Uint32Array.from(requests), objects: 20, sizes: Uint32Array.from(sizes) };
          const result = replay(trace, name, capacity, 1);
          assert.ok(result.hits <= requests.length - new Set(requests).size);
          assert.ok(result.hitBytes <= result.bytes);
          if (sizes.reduce((sum, each) => sum + each, 0) <= capacity) assert.equal(result.hits, requests.length - new Set(requests).size);
          if (Math.min(...sizes) > capacity) assert.equal(result.hits, 0);
        },
      ),
    );
  });
}

function freeSlot(held: ReadonlyMap<number, number>): number {
  for (let slot = 0; ; slot++) if (!held.has(slot)) return slot;
}
