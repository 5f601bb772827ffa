import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { TicketRotation, TICKETS_CHANGE_MS } from './ticket-rotation.ts';

test('every 12 hours the next secret is used, the last one still honoured, and another made', () => {
  const { timers, advance } = manualRuntime();
  let made = 0;
  const told: number[][] = [];
  const rotation = new TicketRotation({
    timers,
    randomBytes: (length) => new Uint8Array(length).fill(++made),
    changed: ({ current, previous, next }) => told.push([current[0]!, previous![0]!, next![0]!]),
  });
  assert.deepEqual([rotation.secrets.current[0], rotation.secrets.previous, rotation.secrets.next![0]], [1, null, 2]);
  assert.equal(rotation.secrets.current.length, 48);
  rotation.start();
  advance(TICKETS_CHANGE_MS - 1);
  assert.deepEqual(told, []);
  advance(1);
  advance(TICKETS_CHANGE_MS);
  assert.deepEqual(told, [
    [2, 1, 3],
    [3, 2, 4],
  ]);
  rotation.stop();
  advance(TICKETS_CHANGE_MS);
  assert.equal(told.length, 2);
});
