import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClosedStreams, ENDED, FORGOTTEN, RESET_BY_PEER, RESET_BY_US, SKIPPED } from './closed-streams.ts';

test('the last 256 streams are remembered with their reason', () => {
  const closed = new ClosedStreams();
  const reasons = [RESET_BY_US, ENDED, RESET_BY_PEER] as const;
  for (let index = 0; index < 1_000; index++) closed.add(index * 4 + 1, reasons[index % 3]!);
  for (let index = 1_000 - 256; index < 1_000; index++) assert.equal(closed.reason(index * 4 + 1), reasons[index % 3]);
  assert.equal(closed.reason((1_000 - 257) * 4 + 1), FORGOTTEN);
});

test('an identifier between remembered ones was skipped; one before them is forgotten', () => {
  const closed = new ClosedStreams();
  closed.add(5, ENDED);
  assert.equal(closed.reason(3), SKIPPED);
  for (let id = 7; id < 7 + 2 * 256; id += 2) closed.add(id, ENDED);
  assert.equal(closed.reason(3), FORGOTTEN);
});
