/** What every policy promises, whatever it prefers. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mix32 } from '../../../base/hash.ts';
import { randomInteger, seededRandom } from '../../../base/random.ts';
import { evictionStateBytes, openEviction } from './open.ts';
import { EVICTION_NAMES, type EvictionName, type EvictionPolicy } from './policy.ts';
import { replay } from './replay.ts';

const SLOTS = 100;

function openNew(name: EvictionName, slots = SLOTS, capacityBytes = slots): EvictionPolicy {
  return openEviction(name, new ArrayBuffer(evictionStateBytes(name, slots)), 0, { slots, capacityBytes, seed: 7, isNew: true });
}

function fill(policy: EvictionPolicy, slots = SLOTS): void {
  for (let slot = 0; slot < slots; slot++) policy.added(slot, mix32(slot), 1);
}

function drain(policy: EvictionPolicy): number[] {
  const gone: number[] = [];
  for (let slot = policy.evict(); slot >= 0; slot = policy.evict()) {
    gone.push(slot);
    assert.ok(gone.length <= SLOTS, 'it ends');
  }
  return gone;
}

for (const name of EVICTION_NAMES) {
  describe(name, () => {
    test('names each slot once, then none', () => {
      const policy = openNew(name);
      assert.equal(policy.evict(), -1);
      fill(policy);
      for (let slot = 0; slot < SLOTS; slot += 3) policy.touched(slot);
      const gone = drain(policy);
      assert.equal(new Set(gone).size, SLOTS);
      assert.deepEqual([policy.count, policy.bytes, policy.evict()], [0, 0, -1]);
    });

    test('counts entries and their bytes, also beyond 4 GiB', () => {
      const policy = openNew(name, SLOTS, 1e12);
      policy.added(0, 1, 0);
      policy.added(1, 2, 4_294_967_295);
      policy.added(2, 3, 4_000_000_000);
      assert.deepEqual([policy.count, policy.bytes], [3, 8_294_967_295]);
      policy.removed(1);
      assert.deepEqual([policy.count, policy.bytes], [2, 4_000_000_000]);
      policy.added(1, 2, 1e11);
      assert.equal(policy.bytes, 8_294_967_295, 'the largest size that is told from larger ones');
      policy.removed(1);
      assert.equal(policy.bytes, 4_000_000_000);
    });

    test('never names what was removed, and takes its slot again', () => {
      const policy = openNew(name);
      fill(policy);
      for (let slot = 0; slot < SLOTS; slot += 2) policy.removed(slot);
      policy.removed(0);
      assert.equal(policy.count, SLOTS / 2);
      assert.ok(drain(policy).every((slot) => slot % 2 === 1));
      policy.added(0, 1, 1);
      assert.equal(policy.evict(), 0);
    });

    test('ends each search, however much everything was used', () => {
      const policy = openNew(name);
      fill(policy);
      for (let use = 0; use < 10; use++) for (let slot = 0; slot < SLOTS; slot++) policy.touched(slot);
      assert.equal(drain(policy).length, SLOTS);
    });

    test('finds entries that go, when all of a large cache is in use', () => {
      const slots = 200_000;
      const policy = openNew(name, slots);
      fill(policy, slots);
      for (let use = 0; use < 4; use++) for (let slot = 0; slot < slots; slot++) policy.touched(slot);
      const gone = new Set(Array.from({ length: 100 }, () => policy.evict()));
      assert.deepEqual([gone.size, policy.count], [100, slots - 100]);
    });

    test('takes no harm from a use of a slot that has just been freed', () => {
      const policy = openNew(name);
      fill(policy);
      const slot = policy.evict();
      policy.touched(slot);
      assert.equal(policy.count, SLOTS - 1);
      policy.added(slot, 9, 1);
      assert.equal(new Set(drain(policy)).size, SLOTS);
    });

    test('is the same policy in every thread that opens its memory', () => {
      const buffer = new SharedArrayBuffer(evictionStateBytes(name, SLOTS) + 16);
      const options = { slots: SLOTS, capacityBytes: SLOTS, seed: 7 };
      const first = openEviction(name, buffer, 8, { ...options, isNew: true });
      const second = openEviction(name, buffer, 8, { ...options, isNew: false });
      const alone = openNew(name);
      for (let step = 0; step < 2_000; step++) {
        const [each, slot] = [step % 2 === 0 ? first : second, step % SLOTS];
        for (const policy of [each, alone]) {
          if (step >= SLOTS) policy.missed(mix32(step));
        }
        const gone = step >= SLOTS ? each.evict() : slot;
        if (step >= SLOTS) assert.equal(gone, alone.evict(), `step ${step}`);
        for (const policy of [each, alone]) {
          policy.added(gone, mix32(step), 1);
          policy.touched((gone * 7) % Math.min(step + 1, SLOTS));
        }
        assert.deepEqual([first.count, first.bytes], [second.count, second.bytes]);
      }
    });

    test('writes nothing outside its state', () => {
      const bytes = evictionStateBytes(name, SLOTS);
      const buffer = new ArrayBuffer(bytes + 32);
      const outside = new Uint8Array(buffer).fill(0xaa);
      const policy = openEviction(name, buffer, 16, { slots: SLOTS, capacityBytes: SLOTS, seed: 7, isNew: true });
      for (let step = 0; step < 2_000; step++) {
        const slot = step < SLOTS ? step : policy.evict();
        policy.missed(mix32(step));
        policy.added(slot, mix32(step % 250), 1);
        policy.touched(step % Math.min(step + 1, SLOTS));
      }
      for (const index of [0, 15, bytes + 16, bytes + 31]) assert.equal(outside[index], 0xaa);
      assert.throws(
        () => openEviction(name, buffer, 40, { slots: SLOTS, capacityBytes: SLOTS, seed: 7, isNew: true }),
        /within its buffer/,
      );
    });

    test('is repeated by its seed', () => {
      const random = seededRandom(3);
      const requests = Uint32Array.from({ length: 20_000 }, () => randomInteger(random, 1 + randomInteger(random, 500)));
      const trace = { requests, objects: 500, sizes: null };
      assert.deepEqual(replay(trace, name, 50, 11), replay(trace, name, 50, 11));
    });

    test('refuses a slot that it holds already', () => {
      const policy = openNew(name);
      policy.added(3, 1, 1);
      assert.throws(() => policy.added(3, 1, 1), /a slot that is added is free/);
    });

    test('serves a cache with one slot', () => {
      const policy = openNew(name, 1, 1);
      for (let step = 0; step < 10; step++) {
        policy.missed(step);
        policy.added(0, step, 1);
        policy.touched(0);
        assert.equal(policy.evict(), 0);
      }
    });
  });
}

test('only one slot at least, and a state at a multiple of 8 bytes, can be opened', () => {
  assert.throws(() => evictionStateBytes('lru', 0), /slots are 1 to/);
  assert.throws(
    () => openEviction('lru', new ArrayBuffer(4_096), 4, { slots: 1, capacityBytes: 1, seed: 1, isNew: true }),
    /multiple of 8/,
  );
});
