import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { failed } from './delivery.ts';
import { HeardReply } from './heard-reply.ts';

function after(status: number, error?: Error): unknown {
  const reply = new HeardReply();
  reply.status = status;
  return failed(reply, error, 0);
}

test('what a failure means follows from the status, and a reason is never a success', () => {
  deepEqual(after(0, new Error('socket hang up')), { end: 'away', reason: 'socket hang up', afterMs: null });
  deepEqual(after(503), { end: 'away', reason: 'HTTP 503', afterMs: null });
  deepEqual(after(302), { end: 'refused', reason: 'HTTP 302' });
  deepEqual(after(200, new Error('aborted')), { end: 'refused', reason: 'HTTP 200, and then aborted' });
});
