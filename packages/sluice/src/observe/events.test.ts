import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { assert, dictionary, property, string } from 'fast-check';
import { timestamp } from '../base/time.ts';
import { formatEvent } from './events.ts';

const NOW = timestamp(Date.UTC(2026, 10, 20, 8, 29, 44, 123));

test('text is one readable line', () => {
  const event = {
    level: 'warn',
    what: 'endpoint-down',
    detail: { service: 'users', endpoint: '127.0.0.1:3001', reason: 'connect refused', failures: 3 },
  } as const;
  equal(
    formatEvent(event, NOW, 'text'),
    '2026-11-20T08:29:44.123Z warn  endpoint-down service=users endpoint=127.0.0.1:3001 reason="connect refused" failures=3\n',
  );
});

test('JSON holds time, level, event and the details', () => {
  const line = formatEvent({ level: 'info', what: 'reloaded', detail: { generation: 4, changed: true, share: Number.NaN } }, NOW, 'json');
  deepEqual(JSON.parse(line), {
    time: '2026-11-20T08:29:44.123Z',
    level: 'info',
    event: 'reloaded',
    generation: 4,
    changed: true,
    share: null,
  });
});

test('log injection: whatever the details hold, an event is one line of printable ASCII', () => {
  const hostile = string({ unit: 'binary', maxLength: 20 });
  assert(
    property(hostile, dictionary(hostile, hostile), (what, detail) => {
      match(formatEvent({ level: 'error', what, detail }, NOW, 'text'), /^[\x20-\x7e]+\n$/);
      JSON.parse(formatEvent({ level: 'error', what, detail }, NOW, 'json'));
    }),
  );
});

test('a detail whose name sounds like a secret is hidden', () => {
  const event = { level: 'info', what: 'started', detail: { adminToken: 's3cret', Cookie: 'a=b', port: 80 } } as const;
  equal(formatEvent(event, NOW, 'text'), '2026-11-20T08:29:44.123Z info  started adminToken=[hidden] Cookie=[hidden] port=80\n');
});
