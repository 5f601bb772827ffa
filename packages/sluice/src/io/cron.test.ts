import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadLastBegin } from './cron.ts';

const lastBegin = await loadLastBegin();
const BERLIN = 'Europe/Berlin';

const last = (cron: string, zone: string | null, wall: string): string | null => {
  const at = lastBegin(cron, zone, Date.parse(wall));
  return at === null ? null : new Date(at).toISOString();
};

test('the last begin is in the zone of the schedule, and its very moment counts', () => {
  assert.equal(last('0 8 * * 1-5', BERLIN, '2026-11-20T06:59:59.999Z'), '2026-11-19T07:00:00.000Z');
  assert.equal(last('0 8 * * 1-5', BERLIN, '2026-11-20T07:00:00.000Z'), '2026-11-20T07:00:00.000Z');
  assert.equal(last('0 8 * * 1-5', BERLIN, '2026-11-23T01:00:00Z'), '2026-11-20T07:00:00.000Z', 'over a weekend');
  assert.equal(last('0 8 * * *', 'America/New_York', '2026-11-20T14:00:00Z'), '2026-11-20T13:00:00.000Z');
  assert.equal(last('0 0 29 2 *', 'UTC', '2027-01-01T00:00:00Z'), '2024-02-29T00:00:00.000Z');
});

test('on the day of the spring forward, 8 o’clock is an hour earlier, and what the gap leaves out comes at its end', () => {
  // 29 March 2026: 02:00 CET becomes 03:00 CEST, at 01:00 UTC.
  assert.equal(last('0 8 * * *', BERLIN, '2026-03-29T05:59:59Z'), '2026-03-28T07:00:00.000Z');
  assert.equal(last('0 8 * * *', BERLIN, '2026-03-29T06:00:00Z'), '2026-03-29T06:00:00.000Z');
  assert.equal(last('30 2 * * *', BERLIN, '2026-03-29T00:59:00Z'), '2026-03-28T01:30:00.000Z');
  assert.equal(last('30 2 * * *', BERLIN, '2026-03-29T12:00:00Z'), '2026-03-29T01:00:00.000Z');
});

test('on the day of the autumn back, a time that comes twice begins once', () => {
  // 25 October 2026: 03:00 CEST becomes 02:00 CET, at 01:00 UTC.
  for (const wall of [
    '2026-10-25T00:30:00Z',
    '2026-10-25T00:45:00Z',
    '2026-10-25T01:30:00Z',
    '2026-10-25T01:45:00Z',
    '2026-10-25T12:00:00Z',
  ]) {
    assert.equal(last('30 2 * * *', BERLIN, wall), '2026-10-25T00:30:00.000Z', wall);
  }
  assert.equal(last('0 8 * * *', BERLIN, '2026-10-25T06:30:00Z'), '2026-10-24T06:00:00.000Z');
  assert.equal(last('0 8 * * *', BERLIN, '2026-10-25T07:00:00Z'), '2026-10-25T07:00:00.000Z');
});

test('what is no expression or no zone is refused', () => {
  assert.throws(() => lastBegin('0 8 * *', null, 0));
  assert.throws(() => lastBegin('0 8 * * *', 'Mars/Phobos', 0));
});
