import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpDate } from '../exchange/http-date.ts';
import { type OwnReply, ownReply } from './refusal.ts';

const WALL = Date.UTC(2026, 0, 2, 3, 4, 5);
const DATE = 'Date: Fri, 02 Jan 2026 03:04:05 GMT';

function lines(reply: Partial<OwnReply>): string[] {
  return ownReply({ status: 404, hstsLine: '', close: false, isHead: false, wallMs: WALL, ...reply }).split('\r\n');
}

test('a refusal says its status in words, and its length', () => {
  const type = 'Content-Type: text/plain; charset=utf-8';
  assert.deepEqual(lines({}), ['HTTP/1.1 404 Not Found', DATE, type, 'Content-Length: 14', '', '404 Not Found\n']);
});

test('a reply to HEAD has the length and no content', () => {
  const said = lines({ isHead: true });
  assert.ok(said.includes('Content-Length: 14'));
  assert.deepEqual(said.slice(-2), ['', '']);
});

test('a given content has no type but the one that is given', () => {
  assert.deepEqual(lines({ status: 200, body: '{}', fields: 'Content-Type: application/json\r\n' }), [
    'HTTP/1.1 200 OK',
    DATE,
    'Content-Type: application/json',
    'Content-Length: 2',
    '',
    '{}',
  ]);
});

for (const status of [204, 304]) {
  test(`${status} has neither content nor length`, () => assert.equal(lines({ status, body: 'x' }).slice(2).join('|'), '|'));
}

test('the connection is spoken of when it ends, and to HTTP/1.0 when it stays', () => {
  assert.ok(lines({ close: true, saysKeepAlive: true }).includes('Connection: close'));
  assert.ok(lines({ saysKeepAlive: true }).includes('Connection: keep-alive'));
  assert.ok(!lines({}).some((line) => line.startsWith('Connection')));
});

test('a status without a registered phrase has an empty one', () => assert.equal(lines({ status: 299, body: '' })[0], 'HTTP/1.1 299 '));

test('the date changes with the second', () => {
  assert.equal(httpDate(WALL + 999), 'Fri, 02 Jan 2026 03:04:05 GMT');
  assert.equal(httpDate(WALL + 1_000), 'Fri, 02 Jan 2026 03:04:06 GMT');
  assert.equal(httpDate(WALL), 'Fri, 02 Jan 2026 03:04:05 GMT');
});
