import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GhostList } from './ghost-list.ts';
import { Regions } from './regions.ts';

function newGhost(keysMax: number, bytesMax: number): GhostList {
  const counted = new Regions(null, 0);
  new GhostList(counted, keysMax, bytesMax);
  const ghost = new GhostList(new Regions(new ArrayBuffer(counted.bytes), 0), keysMax, bytesMax);
  ghost.format();
  return ghost;
}

test('knows the keys that were noted last, each until it is taken', () => {
  const ghost = newGhost(3, 100);
  for (const hash of [1, 2, 3, 4]) ghost.note(hash, 1);
  assert.deepEqual(
    [1, 2, 2, 3, 4].map((hash) => ghost.take(hash)),
    [false, true, false, true, true],
  );
});

test('is bounded in bytes, too, and refuses what is larger than all of it', () => {
  const ghost = newGhost(10, 100);
  ghost.note(1, 60);
  ghost.note(2, 41);
  assert.equal(ghost.count, 1);
  ghost.note(3, 101);
  assert.deepEqual([ghost.take(1), ghost.take(2), ghost.take(3)], [false, true, false]);
});

test('holds what a plain list of keys would', () => {
  const step = fc.record({ isTake: fc.boolean(), hash: fc.constantFrom(1, 5, 9, 13, 17, 0x80000001, 0xffffffff), bytes: fc.nat(20) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const ghost = newGhost(4, 40);
      let model: { readonly hash: number; readonly bytes: number }[] = [];
      for (const { isTake, hash, bytes } of steps) {
        const isHeld = model.some((each) => each.hash === hash);
        model = model.filter((each) => each.hash !== hash);
        if (isTake) {
          assert.equal(ghost.take(hash), isHeld);
          continue;
        }
        ghost.note(hash, bytes);
        model.push({ hash, bytes });
        while (model.length > 4 || model.reduce((sum, each) => sum + each.bytes, 0) > 40) model.shift();
      }
      assert.equal(ghost.count, model.length);
      for (const { hash } of model) assert.ok(ghost.take(hash));
    }),
  );
});
