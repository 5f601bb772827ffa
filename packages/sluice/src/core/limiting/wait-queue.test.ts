import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant } from '../../base/time.ts';
import type { Priority } from './admission.ts';
import { type Ticket, WaitQueue } from './wait-queue.ts';

const LIMITS = { queueMax: 4, queueTimeoutMs: 1_000 };

function filled(entries: readonly (readonly [string, Priority, number])[], limits = LIMITS): WaitQueue<string> {
  const queue = new WaitQueue<string>(limits);
  for (const [item, priority, at] of entries) assert.equal(queue.offer(item, priority, instant(at)).kind, 'queued');
  return queue;
}

function takeAll(queue: WaitQueue<string>, now: number): string {
  let items = '';
  for (let next = queue.take(instant(now)); next !== null; next = queue.take(instant(now))) items += next.item;
  return items;
}

test('high goes first, and first come first served within a priority', () => {
  const queue = filled([
    ['a', 'low', 0],
    ['b', 'normal', 1],
    ['c', 'high', 2],
    ['d', 'normal', 3],
  ]);
  assert.equal(queue.nextPriority(), 'high');
  assert.equal(takeAll(queue, 10), 'cbda');
  assert.equal(queue.nextPriority(), null);
});

test('a full queue refuses, unless someone of a lower priority can be displaced: the youngest of the lowest', () => {
  const queue = filled([
    ['a', 'low', 0],
    ['b', 'low', 1],
    ['c', 'normal', 2],
    ['d', 'high', 3],
  ]);
  assert.equal(queue.offer('e', 'low', instant(4)).kind, 'full');
  const offer = queue.offer('f', 'normal', instant(5));
  assert.equal(offer.kind === 'displaced' && offer.displaced, 'b');
  assert.equal(queue.size, 4);
  assert.equal(takeAll(queue, 10), 'dcfa');
});

test('a queue of nothing takes nobody', () => {
  assert.equal(new WaitQueue({ queueMax: 0, queueTimeoutMs: 1_000 }).offer('a', 'high', instant(0)).kind, 'full');
});

test('nobody waits longer than the timeout, and the owner knows when to look', () => {
  const queue = filled([
    ['a', 'normal', 0],
    ['b', 'high', 400],
  ]);
  assert.equal(queue.nextExpiry(instant(400)), 1_000);
  assert.deepEqual(queue.expire(instant(999)), []);
  const gone = queue.expire(instant(1_000));
  assert(gone.includes('a'));
  assert.equal(filled([]).nextExpiry(instant(0)), null);
});

test('a queue that stands for a whole timeout serves the youngest and waits a twentieth', () => {
  const queue = filled([['a', 'normal', 0]]);
  // Steady overload: always someone there.
  for (let now = 100; now <= 900; now += 100) {
    queue.offer(`q${now}`, 'normal', instant(now));
    assert.equal(queue.isOverloaded(instant(now)), false);
    queue.take(instant(now));
  }
  queue.offer('x', 'normal', instant(990));
  queue.offer('y', 'normal', instant(1_000));
  assert.equal(queue.isOverloaded(instant(1_000)), true);
  assert.deepEqual(queue.expire(instant(1_000)), ['q900'], '50 ms and more');
  assert.equal(queue.take(instant(1_001))?.item, 'y');
  assert.equal(queue.nextExpiry(instant(1_001)), 1_040);
  assert.equal(queue.take(instant(1_002))?.item, 'x');
  queue.offer('z', 'normal', instant(1_003));
  assert.equal(queue.isOverloaded(instant(1_003)), false, 'it was empty');
});

test('a place that was given up is gone, once', () => {
  const queue = new WaitQueue<string>(LIMITS);
  const offers = ['a', 'b', 'c'].map((item, index) => queue.offer(item, 'normal', instant(index)));
  const second = offers[1]!;
  assert(second.kind === 'queued');
  assert.equal(queue.remove(second.ticket), true);
  assert.equal(queue.remove(second.ticket), false);
  assert.equal(takeAll(queue, 5), 'ac');
  const first = offers[0]!;
  assert(first.kind === 'queued');
  assert.equal(queue.remove(first.ticket), false, 'it was served');
});

test('whatever happens: never more than queueMax, nobody lost or served twice, nobody served past the timeout', () => {
  const step = fc.record({
    kind: fc.constantFrom('offer', 'offer', 'offer', 'take', 'remove', 'expire'),
    priority: fc.constantFrom<Priority>('low', 'normal', 'high'),
    waitMs: fc.integer({ min: 0, max: 300 }),
    pick: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 0, max: 8 }), (steps, queueMax) => {
      const queue = new WaitQueue<number>({ queueMax, queueTimeoutMs: 1_000 });
      const waiting = new Map<number, { ticket: Ticket<number>; at: number }>();
      let now = 0;
      for (const [id, { kind, priority, waitMs, pick }] of steps.entries()) {
        now += waitMs;
        for (const item of queue.expire(instant(now))) assert(waiting.delete(item));
        for (const { at } of waiting.values()) assert(now - at < 1_000);
        if (kind === 'offer') {
          const offer = queue.offer(id, priority, instant(now));
          if (offer.kind === 'displaced') assert(waiting.delete(offer.displaced));
          if (offer.kind !== 'full') waiting.set(id, { ticket: offer.ticket, at: now });
        } else if (kind === 'take') {
          const item = queue.take(instant(now))?.item ?? null;
          assert.equal(item !== null, waiting.size > 0);
          if (item !== null) assert(waiting.delete(item));
        } else if (kind === 'remove' && waiting.size > 0) {
          const chosen = [...waiting.keys()][pick % waiting.size]!;
          assert(queue.remove(waiting.get(chosen)!.ticket));
          waiting.delete(chosen);
        }
        assert.equal(queue.size, waiting.size);
        assert(queue.size <= queueMax);
        const expiry = queue.nextExpiry(instant(now));
        assert.equal(expiry === null, queue.size === 0);
        assert(expiry === null || expiry > now);
      }
    }),
    { numRuns: 300 },
  );
});
