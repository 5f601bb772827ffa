import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ring } from './ring.ts';

test('behaves like a bounded array with push and shift', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 40 }),
      fc.array(fc.option(fc.integer(), { nil: null }), { maxLength: 300 }),
      (capacity, steps) => {
        const ring = new Ring<number>(capacity);
        const model: number[] = [];
        for (const step of steps) {
          if (step === null) assert.equal(ring.shift(), model.shift());
          else {
            const hadRoom = model.length < capacity;
            if (hadRoom) model.push(step);
            assert.equal(ring.push(step), hadRoom);
          }
          assert.equal(ring.size, model.length);
          assert.equal(ring.peek(), model[0]);
        }
      },
    ),
  );
});
