import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NamedSlots } from './named-slots.ts';
import { SlotSource } from './slot-source.ts';

function setUp(capacity: number) {
  const busy = new Set<number>();
  const log: string[] = [];
  const slots = new NamedSlots({
    source: new SlotSource(capacity),
    isQuiet: (slot) => !busy.has(slot),
    prepare: (slot) => log.push(`prepare ${slot}`),
    clear: (slot) => log.push(`clear ${slot}`),
  });
  return { slots, busy, log };
}

test('a name keeps its row while it is wanted, and a quiet row is given to another name', () => {
  const { slots, log } = setUp(2);
  assert.deepEqual(slots.assign(['a', 'b']), []);
  slots.retain(['b']);
  assert.deepEqual(slots.assign(['b', 'c']), []);
  assert.equal(slots.get('b'), 1);
  assert.equal(slots.get('c'), 0);
  assert.deepEqual(log, ['prepare 0', 'prepare 1', 'clear 0', 'prepare 0']);
});

test('a row that is still written to waits', () => {
  const { slots, busy } = setUp(1);
  slots.assign(['a']);
  busy.add(0);
  slots.retain([]);
  assert.deepEqual(slots.assign(['b']), ['b']);
  assert.equal(slots.leaving, 1);
  busy.delete(0);
  slots.sweep();
  assert.deepEqual(slots.assign(['b']), []);
});

test('whatever is assigned and retained, no two names share a row', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'));
  fc.assert(
    fc.property(fc.array(names, { maxLength: 10 }), (plans) => {
      const { slots } = setUp(5);
      for (const plan of plans) {
        const before = plan.flatMap((name) => (slots.get(name) === undefined ? [] : [[name, slots.get(name)] as const]));
        slots.assign(plan);
        for (const [name, slot] of before) assert.equal(slots.get(name), slot);
        slots.retain(plan);
        const given = plan.map((name) => slots.get(name));
        assert.equal(new Set(given).size, plan.length);
        assert.ok(!given.includes(undefined));
      }
    }),
  );
});
