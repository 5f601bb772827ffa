import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventEntry } from '../api/types.ts';
import { isShown } from './event-filter.ts';

const EVENT: EventEntry = { id: 1, at: 0, level: 'warn', what: 'endpoint-down', detail: { service: 'Shop', endpoint: '127.0.0.1:9' } };

test('events as bad as asked for or worse are shown', () => {
  assert.deepEqual([isShown(EVENT, 'info', ''), isShown(EVENT, 'warn', ''), isShown(EVENT, 'error', '')], [true, true, false]);
});

test('a text is looked for in the name and in the details', () => {
  for (const text of ['point-d', 'shop', ':9']) assert.equal(isShown(EVENT, 'info', text), true, text);
  assert.equal(isShown(EVENT, 'info', 'legacy'), false);
});
