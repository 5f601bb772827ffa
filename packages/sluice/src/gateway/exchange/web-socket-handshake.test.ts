import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResponseParser } from '../../core/http1/response-parser.ts';
import { asksForWebSocket, beginHandshake, isAnswered, replyEdits, requestEdits, withoutKey } from './web-socket-handshake.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const PROOF = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

function handshake(isHttp2: boolean, webSocketKey = ''): { isHttp2: boolean; isWebSocket: boolean; webSocketKey: string } {
  return { isHttp2, isWebSocket: webSocketKey !== '', webSocketKey };
}

function isFine(lines: readonly string[], isHttp2 = true): boolean {
  const parser = new ResponseParser({ requestLineBytesMax: 8_192, headerBytesMax: 32_768, headersMax: 100 });
  const bytes = Buffer.from(`xyHTTP/1.1 101 S\r\nConnection: Upgrade\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  assert.equal(parser.parse(bytes, 2, bytes.length, false), bytes.length);
  return isAnswered(handshake(isHttp2, KEY), parser, bytes, 2);
}

test('a WebSocket is asked for with GET and exactly this protocol', () => {
  assert.equal(asksForWebSocket('GET', 'WebSocket'), true);
  for (const [method, upgrade] of [
    ['POST', 'websocket'],
    ['GET', null],
    ['GET', 'websocket, chat'],
    ['GET', 'websockets'],
  ] as const)
    assert.equal(asksForWebSocket(method, upgrade), false);
});

test('HTTP/1.1 on both sides: key and proof pass, and nothing is judged', () => {
  const state = handshake(false);
  assert.equal(beginHandshake(state, 'http1', 'no key'), true);
  assert.deepEqual(state, { isHttp2: false, isWebSocket: true, webSocketKey: '' });
  assert.deepEqual(requestEdits(state), { drops: '', lines: '' });
  assert.deepEqual(replyEdits(state, 1), { drops: '', lines: '' });
  assert.equal(isFine(['Upgrade: other'], false), true);
});

test('HTTP/1.1 from the client, HTTP/2 to the endpoint: we prove that its key was understood', () => {
  const state = handshake(false);
  assert.equal(beginHandshake(state, 'http2', KEY), true);
  assert.deepEqual(replyEdits(state, 2), { drops: ',sec-websocket-accept,', lines: `Sec-WebSocket-Accept: ${PROOF}\r\n` });
});

test('HTTP/2 to the endpoint: no key goes there', () => {
  const head = 'GET / HTTP/1.1\r\nHost: a\r\nSEC-WebSocket-Key: a\r\nX-Sec-WebSocket-Key: b\r\nsec-websocket-key:c\r\n\r\n';
  assert.equal(withoutKey(head), 'GET / HTTP/1.1\r\nHost: a\r\nX-Sec-WebSocket-Key: b\r\n\r\n');
});

test('a key that nobody could answer for is refused where it would be for us to answer', () => {
  for (const key of [null, '', 'short', `${KEY}, ${KEY}`]) {
    assert.equal(beginHandshake(handshake(false), 'http2', key), false);
    assert.equal(beginHandshake(handshake(false), 'auto', key), true, 'upgrades go over HTTP/1.1');
    assert.equal(beginHandshake(handshake(true), 'http2', key), true);
  }
});

test('HTTP/2 from the client: the key is ours, and no proof goes back', () => {
  const state = handshake(true);
  assert.equal(beginHandshake(state, 'http1', KEY), true);
  assert.notEqual(state.webSocketKey, KEY);
  assert.deepEqual(requestEdits(state), { drops: ',sec-websocket-key,', lines: `Sec-WebSocket-Key: ${state.webSocketKey}\r\n` });
  assert.deepEqual(replyEdits(state, 1), { drops: ',sec-websocket-accept,', lines: '' });
  assert.deepEqual(replyEdits(state, 2), { drops: ',sec-websocket-accept,', lines: '' });
});

test('other upgrades have no handshake', () => {
  assert.deepEqual(requestEdits(handshake(true)), { drops: '', lines: '' });
  assert.deepEqual(replyEdits(handshake(true), 1), { drops: '', lines: '' });
});

test('an endpoint answers our key with its proof, once, and with the protocol that was asked for', () => {
  assert.equal(isFine(['Upgrade: WebSocket', `sec-websocket-ACCEPT: ${PROOF}`]), true);
  for (const lines of [
    ['Upgrade: websocket'],
    ['Upgrade: websocket', `Sec-WebSocket-Accept: ${PROOF.toLowerCase()}`],
    ['Upgrade: websocket', `Sec-WebSocket-Accept: ${PROOF}`, `Sec-WebSocket-Accept: ${PROOF}`],
    ['Upgrade: chat', `Sec-WebSocket-Accept: ${PROOF}`],
  ])
    assert.equal(isFine(lines), false, lines.join());
});
