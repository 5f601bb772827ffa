import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventEntry } from '../api/types.ts';
import { describeEvent, mergeEvents } from './event-list.ts';

const entry = (id: number, detail: EventEntry['detail'] = {}): EventEntry => ({ id, at: id, level: 'info', what: 'x', detail });
const ids = (events: readonly EventEntry[]) => events.map(({ id }) => id);

test('what came twice is shown once, the youngest first, the oldest are let go', () => {
  const first = mergeEvents([], [entry(1), entry(3), entry(2)], 10);
  assert.deepEqual(ids(first), [3, 2, 1]);
  assert.deepEqual(ids(mergeEvents(first, [entry(3), entry(4)], 3)), [4, 3, 2]);
  assert.equal(mergeEvents(first, [entry(2)], 10), first, 'nothing new: the same list');
});

test('an event says whom it is about, and then why', () => {
  const told = describeEvent(entry(1, { service: 'users', endpoint: '10.0.0.1:80', reason: 'connect refused', count: 3 }));
  assert.deepEqual(told, { about: 'users 10.0.0.1:80', rest: 'connect refused · count 3' });
});
