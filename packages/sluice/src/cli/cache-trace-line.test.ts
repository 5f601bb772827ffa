import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Timestamp } from '../base/time.ts';
import { type AccessRecord, formatAccess } from '../observe/access-log.ts';
import { lineFormat, readLine } from './cache-trace-line.ts';

const RECORD: AccessRecord = {
  time: 0 as Timestamp,
  client: '192.0.2.1',
  method: 'GET',
  host: 'shop.test',
  path: '/a "b"',
  query: 'page=2',
  protocol: 'HTTP/1.1',
  status: 200,
  grpcStatus: -1,
  bytesIn: 0,
  bytesOut: 1_234,
  durationMs: 1,
  connectMs: -1,
  firstByteMs: -1,
  route: 'r',
  service: 's',
  endpoint: 'e',
  attempts: 1,
  hedged: false,
  affinity: '',
  cache: '',
  filter: '',
  requestId: 'id',
  userAgent: 'curl',
  referer: '',
  outcome: 'complete',
};

function line(format: 'json' | 'combined', changes: Partial<AccessRecord> = {}): string {
  return formatAccess({ ...RECORD, ...changes }, format).trimEnd();
}

test('the format is told by the first line', () => {
  assert.equal(lineFormat(line('json')), 'json');
  assert.equal(lineFormat(line('combined')), 'combined');
  assert.equal(
    lineFormat('192.0.2.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 2326'),
    'combined',
    'the common log format, too',
  );
  assert.equal(lineFormat('/index.html'), 'keys');
});

test('a line of our access log is a request for its host, path and query', () => {
  assert.deepEqual(readLine(line('json'), 'json'), { key: 'shop.test/a "b"?page=2', bytes: 1_234 });
  assert.deepEqual(readLine(line('json', { query: '' }), 'json'), { key: 'shop.test/a "b"', bytes: 1_234 });
  assert.deepEqual(readLine(line('combined', { path: '/a' }), 'combined'), { key: '/a?page=2', bytes: 1_234 });
  assert.deepEqual(readLine(line('combined', { path: '/"', query: '', bytesOut: 0 }), 'combined'), { key: '/\\"', bytes: 0 });
});

test('HEAD and 304 are requests for an object whose size they do not tell', () => {
  for (const format of ['json', 'combined'] as const) {
    for (const changes of [{ method: 'HEAD' }, { status: 304 }]) {
      const request = readLine(line(format, { path: '/a', ...changes }), format);
      assert.equal(typeof request === 'string' ? request : request.bytes, -1);
    }
  }
});

test('what no cache answers is left out', () => {
  for (const format of ['json', 'combined'] as const) {
    for (const changes of [{ method: 'POST' }, { status: 500 }, { status: 302 }, { status: 0 }, { method: '' }]) {
      assert.equal(readLine(line(format, changes), format), 'other', JSON.stringify(changes));
    }
  }
  assert.equal(readLine('{"protocol":"TCP","status":0,"bytesOut":5}', 'json'), 'other');
});

test('what is no line of the format is unreadable', () => {
  for (const text of ['{"method":"GET"', '[]', 'null', '{}', '{"status":"200"}', 'x'])
    assert.equal(readLine(text, 'json'), 'unreadable', text);
  for (const text of ['x', '1.2.3.4 - - [t] "GET / HTTP/1.1" abc 3']) assert.equal(readLine(text, 'combined'), 'unreadable', text);
});

test('where each line is a key, nothing is known of its size', () => {
  assert.deepEqual(readLine('any text', 'keys'), { key: 'any text', bytes: -1 });
});
