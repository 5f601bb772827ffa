import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResponseParser } from '../../core/http1/response-parser.ts';
import { isEventStream } from './event-stream.ts';

function isOne(...lines: readonly string[]): boolean {
  const parser = new ResponseParser({ requestLineBytesMax: 8_192, headerBytesMax: 32_768, headersMax: 100 });
  const bytes = Buffer.from(`xyHTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  assert.equal(parser.parse(bytes, 2, bytes.length, false), bytes.length);
  return isEventStream(parser, bytes, 2);
}

test('a reply of unknown length with this type is one', () => {
  assert.equal(isOne('Content-Type: text/event-stream', 'Transfer-Encoding: chunked'), true);
  assert.equal(isOne('Date: x', 'CONTENT-TYPE:Text/Event-Stream; charset=utf-8'), true);
  assert.equal(isOne('Content-Type: text/event-stream ;charset=utf-8', 'Date: x'), true);
});

test('others are not', () => {
  assert.equal(isOne('Content-Type: text/event-stream', 'Content-Length: 5'), false);
  assert.equal(isOne('Content-Type: text/event-streams', 'Transfer-Encoding: chunked'), false);
  assert.equal(isOne('Content-Type: text/event', 'Transfer-Encoding: chunked'), false);
  assert.equal(isOne('Content-Type: text/html', 'Accept: text/event-stream'), false);
  assert.equal(isOne('Date: x'), false);
});
