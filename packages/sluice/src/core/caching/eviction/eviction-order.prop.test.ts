/** Which entry goes: the policies whose order can be said in a line, beside arrays that do it the slow way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { evictionStateBytes, openEviction } from './open.ts';
import type { EvictionName } from './policy.ts';

const SLOTS = 10;

interface Entry {
  readonly slot: number;
  uses: number;
}

/** Takes out of `entries`, the oldest first, what goes. */
type Model = (entries: Entry[]) => Entry | undefined;

const MODELS: Partial<Record<EvictionName, { readonly movesOnTouch: boolean; readonly evict: Model }>> = {
  fifo: { movesOnTouch: false, evict: (entries) => entries.shift() },
  lifo: { movesOnTouch: false, evict: (entries) => entries.pop() },
  lru: { movesOnTouch: true, evict: (entries) => entries.shift() },
  mru: { movesOnTouch: true, evict: (entries) => entries.pop() },
};

const call = fc.record({
  type: fc.constantFrom('add' as const, 'touch' as const, 'touch' as const, 'evict' as const, 'remove' as const),
  slot: fc.nat(SLOTS - 1),
});

const calls = fc.array(call, { maxLength: 300, size: 'max' });

function openNew(name: EvictionName, slots = SLOTS) {
  const buffer = new ArrayBuffer(evictionStateBytes(name, slots));
  return openEviction(name, buffer, 0, { slots, capacityBytes: slots, seed: 1, isNew: true });
}

for (const [name, model] of Object.entries(MODELS) as [EvictionName, NonNullable<(typeof MODELS)['lru']>][]) {
  test(`${name} evicts in its order`, () => {
    fc.assert(
      fc.property(calls, (steps) => {
        const policy = openNew(name);
        const entries: Entry[] = [];
        for (const { type, slot } of steps) {
          const at = entries.findIndex((entry) => entry.slot === slot);
          if (type === 'evict') assert.equal(policy.evict(), model.evict(entries)?.slot ?? -1);
          if (type === 'add' && at < 0) {
            policy.added(slot, slot, 1);
            entries.push({ slot, uses: 1 });
          }
          if (type === 'touch' && at >= 0) {
            policy.touched(slot);
            if (model.movesOnTouch) entries.push(...entries.splice(at, 1));
          }
          if (type === 'remove' && at >= 0) {
            policy.removed(slot);
            entries.splice(at, 1);
          }
        }
      }),
    );
  });
}

test('lfu evicts one of those that were used least', () => {
  fc.assert(
    fc.property(calls, (steps) => {
      const policy = openNew('lfu');
      const uses = new Map<number, number>();
      for (const { type, slot } of steps) {
        const isHeld = uses.has(slot);
        if (type === 'add' && !isHeld) {
          policy.added(slot, slot, 1);
          uses.set(slot, 1);
        }
        if (type === 'touch' && isHeld) {
          policy.touched(slot);
          uses.set(slot, uses.get(slot)! + 1);
        }
        if (type === 'remove' && isHeld) {
          policy.removed(slot);
          uses.delete(slot);
        }
        if (type !== 'evict' || uses.size === 0) continue;
        const least = Math.min(...uses.values());
        const gone = policy.evict();
        assert.equal(uses.get(gone), least);
        uses.delete(gone);
      }
    }),
  );
});

test('lfu evicts, of those used equally often, the one that has been so longest', () => {
  const policy = openNew('lfu');
  for (const slot of [0, 1, 2]) policy.added(slot, slot, 1);
  policy.touched(1);
  policy.added(3, 3, 1);
  policy.touched(0);
  policy.added(4, 4, 1);
  policy.touched(4);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => policy.evict()),
    [2, 3, 1, 0, 4],
  );
});

test('lfu lets go of what was popular long ago', () => {
  const policy = openNew('lfu');
  policy.added(0, 0, 1);
  for (let use = 0; use < 1_000; use++) policy.touched(0);
  let evictions = 0;
  for (let slot = 1; ; slot = slot === 1 ? 2 : 1) {
    policy.added(slot, slot, 1);
    policy.touched(slot);
    evictions++;
    if (policy.evict() === 0) break;
    assert.ok(evictions < 20_000, 'halved every 1,000 evictions, 1,000 uses are 1 after 10 of them');
  }
  assert.ok(evictions > 5_000);
});

test('sieve keeps what was used since the hand came by, and goes on from where it stood', () => {
  const policy = openNew('sieve');
  for (const slot of [0, 1, 2, 3, 4]) policy.added(slot, slot, 1);
  for (const slot of [0, 2]) policy.touched(slot);
  assert.equal(policy.evict(), 1, '0 is used: its bit is cleared');
  policy.added(5, 5, 1);
  assert.equal(policy.evict(), 3, '2 is used: its bit is cleared');
  policy.removed(4);
  assert.equal(policy.evict(), 5, 'the hand went on when its entry was removed');
  assert.equal(policy.evict(), 0, 'round again');
});

test('sieve and s3-fifo look at a bounded number of entries where all are in use', () => {
  for (const [name, looks] of [
    ['sieve', 65_536],
    ['s3-fifo', 8_192],
  ] as const) {
    const policy = openNew(name, 100_000);
    for (let slot = 0; slot < 100_000; slot++) policy.added(slot, slot, 1);
    while (policy.evict() >= 0);
    // The ghost of s3-fifo knows these: they go to the main queue at once.
    for (let slot = 10_000; slot < 100_000; slot++) policy.added(slot, slot, 1);
    for (let slot = 10_000; slot < 100_000; slot++) policy.touched(slot);
    assert.equal(policy.evict(), 10_000 + looks, name);
  }
});

test('s3-fifo lets go of what is not used twice, and keeps what comes back', () => {
  const policy = openNew('s3-fifo');
  for (const slot of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) policy.added(slot, 100 + slot, 1);
  for (const slot of [0, 0, 1]) policy.touched(slot);
  assert.equal(policy.evict(), 1, '0 goes on to the main queue; one use is not enough for 1');
  policy.added(1, 101, 1);
  assert.deepEqual(
    [2, 3, 4, 5, 6, 7, 8, 9].map(() => policy.evict()),
    [2, 3, 4, 5, 6, 7, 8, 9],
    'the ghost knew 101: it went to the main queue at once',
  );
  assert.deepEqual([policy.evict(), policy.evict()], [0, 1]);
});

test('s3-fifo keeps an object larger than the small queue only when it is used, as any other', () => {
  for (const uses of [0, 2]) {
    const buffer = new ArrayBuffer(evictionStateBytes('s3-fifo', SLOTS));
    const policy = openEviction('s3-fifo', buffer, 0, { slots: SLOTS, capacityBytes: 1_000, seed: 1, isNew: true });
    policy.added(0, 0, 500);
    policy.added(1, 1, 100);
    for (let use = 0; use < uses; use++) policy.touched(0);
    assert.equal(policy.evict(), uses === 0 ? 0 : 1);
  }
});

test('w-tinylfu lets in only what is asked for more often than what would go', () => {
  const policy = openNew('w-tinylfu');
  for (let slot = 0; slot < SLOTS; slot++) {
    for (let use = 0; use < 3; use++) policy.missed(1_000 + slot);
    policy.added(slot, 1_000 + slot, 1);
  }
  // The one entry of the window is the candidate: as often asked for as the rest, so it goes.
  assert.equal(policy.evict(), 9);
  for (let use = 0; use < 5; use++) policy.missed(2_000);
  policy.added(9, 2_000, 1);
  assert.equal(policy.evict(), 0, 'the candidate has 5 uses, the victim 3');
});
