import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getHeapSpaceStatistics } from 'node:v8';
import fc from 'fast-check';
import { type Instant, instant } from '../base/time.ts';
import { collectYoung } from '../io/minor-gc.ts';
import { type Sweepable, Sweeper } from './sweeper.ts';

class Item implements Sweepable {
  deadline: number;
  sweepIndex = -1;
  calls = 0;
  private readonly act: (item: Item, now: Instant) => void;

  constructor(deadline: number, act: (item: Item, now: Instant) => void) {
    this.deadline = deadline;
    this.act = act;
  }

  onDeadline(now: Instant): void {
    this.calls++;
    this.act(this, now);
  }
}

test('who is late is called at its deadline, not before, and again only when it is late again', () => {
  const sweeper = new Sweeper();
  const item = new Item(100, (each) => (each.deadline = 200));
  sweeper.add(item);
  for (const [now, calls] of [
    [99, 0],
    [100, 1],
    [150, 1],
    [200, 2],
  ] as const) {
    sweeper.sweep(instant(now));
    assert.equal(item.calls, calls, `at ${now}`);
  }
});

test('an item may leave, and take others with it, while it is called', () => {
  const sweeper = new Sweeper();
  const leave = (item: Item): void => void sweeper.remove(item);
  const [a, b, c] = [new Item(1, leave), new Item(1, leave), new Item(1, leave)];
  const all = new Item(1, (item) => [item, a, b, c].forEach(leave));
  for (const item of [a, b, c, all]) sweeper.add(item);
  sweeper.sweep(instant(1));
  assert.equal(all.calls, 1);
  assert.equal(a.calls + b.calls + c.calls, 0);
  sweeper.sweep(instant(2));
  assert.equal(all.calls, 1);
});

test('whatever comes and goes, exactly those that are in and late are called', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(19), fc.boolean()), { maxLength: 100 }), (steps) => {
      const sweeper = new Sweeper();
      const items = Array.from({ length: 20 }, (_, index) => new Item(index, (item) => (item.deadline = Infinity)));
      const inside = new Set<Item>();
      for (const [index, isAdded] of steps) {
        const item = items[index]!;
        if (isAdded && !inside.has(item)) {
          sweeper.add(item);
          inside.add(item);
        } else if (!isAdded) {
          sweeper.remove(item);
          inside.delete(item);
        }
      }
      sweeper.sweep(instant(9));
      for (const [index, item] of items.entries()) assert.equal(item.calls, inside.has(item) && index <= 9 ? 1 : 0, `item ${index}`);
    }),
  );
});

test('a sweeper in another one is looked through with it, and says who is in', () => {
  const outer = new Sweeper();
  const inner = new Sweeper<Item>();
  outer.add(inner);
  const item = new Item(5, (each) => void inner.remove(each));
  inner.add(item);
  assert.deepEqual([inner.size, inner.all()], [1, [item]]);
  outer.sweep(instant(4));
  outer.sweep(instant(5));
  outer.sweep(instant(6));
  assert.deepEqual([item.calls, inner.size, inner.all()], [1, 0, []]);
  assert.equal(inner.remove(item), false);
});

test('who has left dies young, also where collections have made the sweeper old', () => {
  const sweeper = new Sweeper<Item & { readonly weight: number[] }>();
  const weighty = () => Object.assign(new Item(Infinity, () => {}), { weight: new Array<number>(128).fill(0) });
  const inside = Array.from({ length: 64 }, weighty);
  for (const item of inside) sweeper.add(item);
  for (let count = 0; count < 4; count++) collectYoung();
  const before = oldBytes();
  for (let count = 0; count < 40_000; count++) {
    sweeper.remove(inside[count % 64]!);
    inside[count % 64] = weighty();
    sweeper.add(inside[count % 64]!);
    if (count % 1_000 === 0) collectYoung();
  }
  const kept = oldBytes() - before;
  assert.ok(kept < 10 * 1024 * 1024, `40 MiB have come and gone, and ${kept} bytes are kept`);
});

function oldBytes(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === 'old_space')!.space_used_size;
}
