import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { assert, property, record as recordOf, string } from 'fast-check';
import { timestamp } from '../base/time.ts';
import { formatAccess, isLogged } from './access-log.ts';
import type { AccessRecord } from './access-log.ts';
import { apacheTime, isoTime } from './log-time.ts';

const base: AccessRecord = {
  time: timestamp(Date.UTC(2026, 10, 20, 8, 29, 44, 7)),
  client: '203.0.113.9',
  method: 'GET',
  host: 'shop.example',
  path: '/api/users/7',
  query: 'verbose=1',
  protocol: 'HTTP/1.1',
  status: 200,
  grpcStatus: -1,
  bytesIn: 312,
  bytesOut: 5_120,
  durationMs: 12.345_678,
  connectMs: -1,
  firstByteMs: 11.1,
  route: 'users',
  service: 'users',
  endpoint: '127.0.0.1:3001',
  attempts: 1,
  hedged: false,
  cache: '',
  filter: '',
  affinity: '',
  requestId: 'a1b2',
  userAgent: 'curl/8.5.0',
  referer: '',
  outcome: 'complete',
};

test('a JSON line holds every field that has a value', () => {
  const line = formatAccess(base, 'json');
  ok(line.endsWith('}\n'));
  deepEqual(JSON.parse(line), {
    time: '2026-11-20T08:29:44.007Z',
    client: '203.0.113.9',
    method: 'GET',
    host: 'shop.example',
    path: '/api/users/7',
    query: 'verbose=1',
    protocol: 'HTTP/1.1',
    status: 200,
    bytesIn: 312,
    bytesOut: 5_120,
    durationMs: 12.346,
    firstByteMs: 11.1,
    route: 'users',
    service: 'users',
    endpoint: '127.0.0.1:3001',
    attempts: 1,
    requestId: 'a1b2',
    userAgent: 'curl/8.5.0',
    outcome: 'complete',
  });
});

test('a JSON line says which filter answered', () => {
  equal(JSON.parse(formatAccess({ ...base, status: 403, filter: 'waf' }, 'json')).filter, 'waf');
});

test('a JSON line leaves out what there is not', () => {
  const connection: AccessRecord = {
    ...base,
    method: '',
    host: '',
    path: '',
    query: '',
    protocol: 'TCP',
    route: '',
    requestId: '',
    userAgent: '',
  };
  const { method, host, path, query, route, protocol } = JSON.parse(formatAccess(connection, 'json'));
  deepEqual([method, host, path, query, route, protocol], [undefined, undefined, undefined, undefined, undefined, 'TCP']);
});

test('the combined format is the one of the Apache documentation', () => {
  // httpd.apache.org/docs/2.4/logs.html#combined, but for the user, which is never logged, and the zone, which is UTC
  const example: AccessRecord = {
    ...base,
    client: '127.0.0.1',
    time: timestamp(Date.UTC(2000, 9, 10, 20, 55, 36)),
    path: '/apache_pb.gif',
    query: '',
    protocol: 'HTTP/1.0',
    status: 200,
    bytesOut: 2_326,
    referer: 'http://www.example.com/start.html',
    userAgent: 'Mozilla/4.08 [en] (Win98; I ;Nav)',
  };
  equal(
    formatAccess(example, 'combined'),
    '127.0.0.1 - - [10/Oct/2000:20:55:36 +0000] "GET /apache_pb.gif HTTP/1.0" 200 2326 ' +
      '"http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)"\n',
  );
});

test('what is missing is a dash in the combined format', () => {
  const unread: AccessRecord = { ...base, method: '', status: 0, bytesOut: 0, userAgent: '', outcome: 'client-gone' };
  equal(formatAccess(unread, 'combined'), '203.0.113.9 - - [20/Nov/2026:08:29:44 +0000] "-" - - "-" "-"\n');
});

test('log injection: no field of a request can start a new line or a new JSON member', () => {
  const hostile = string({ unit: 'binary', maxLength: 40 });
  const fields = {
    client: hostile,
    method: hostile,
    host: hostile,
    path: hostile,
    query: hostile,
    userAgent: hostile,
    referer: hostile,
    requestId: hostile,
  };
  assert(
    property(recordOf(fields), (texts) => {
      const record: AccessRecord = { ...base, ...texts };
      const json = formatAccess(record, 'json');
      match(json, /^[\x20-\x7e]+\n$/);
      equal(JSON.parse(json).path ?? '', texts.path);
      equal(JSON.parse(json).outcome, 'complete');
      match(formatAccess(record, 'combined'), /^[\x20-\x7e]+\n$/);
    }),
  );
});

test('a quote in a header does not end its field of the combined format', () => {
  const line = formatAccess({ ...base, userAgent: 'x" 200 1 "forged' }, 'combined');
  ok(line.endsWith('"x\\" 200 1 \\"forged"\n'));
});

test('the query can be left out of both formats', () => {
  const secret: AccessRecord = { ...base, query: 'token=s3cret' };
  for (const format of ['json', 'combined'] as const) {
    ok(formatAccess(secret, format).includes('s3cret'));
    ok(!formatAccess(secret, format, false).includes('s3cret'));
  }
});

test('errors are logged whatever the sample is', () => {
  ok(!isLogged(0, 200, 'complete', 0));
  ok(!isLogged(0.1, 404, 'complete', 0.1));
  ok(isLogged(0.1, 404, 'complete', 0.099));
  ok(isLogged(1, 200, 'complete', 0.999));
  ok(isLogged(0, 503, 'complete', 0.5));
  ok(isLogged(0, 0, 'complete', 0.5));
  ok(isLogged(0, 200, 'upstream-reset', 0.5));
});

test('times are those of Date, also when the second repeats or goes back', () => {
  for (const ms of [0, 999, 1_000, 5, 1_795_163_384_007, 1_795_163_384_050.9, 951_782_400_123]) {
    equal(isoTime(timestamp(ms)), new Date(ms).toISOString());
  }
  equal(apacheTime(timestamp(Date.UTC(2024, 1, 29, 23, 59, 59, 999))), '29/Feb/2024:23:59:59 +0000');
  equal(apacheTime(timestamp(0)), '01/Jan/1970:00:00:00 +0000');
});
