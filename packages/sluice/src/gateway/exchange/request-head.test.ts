import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RequestParser } from '../../core/http1/request-parser.ts';
import { compileEdits } from './header-edits.ts';
import { type RequestHead, writeRequestHead } from './request-head.ts';

const limits = { requestLineBytesMax: 8_192, headerBytesMax: 32_768, headersMax: 100 };

/** The lines that go upstream for a request with these lines. */
function written(request: readonly string[], more: Partial<RequestHead> = {}): string[] {
  const parser = new RequestParser(limits);
  const bytes = Buffer.from(`${request.join('\r\n')}\r\n\r\n`, 'latin1');
  assert.equal(parser.parse(bytes, 0, bytes.length), bytes.length);
  const text = writeRequestHead({
    parser,
    bytes,
    start: 0,
    target: '/t',
    host: 'h',
    identityLines: 'X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: http\r\n',
    isTrusted: false,
    writesForwarded: false,
    requestId: 'id',
    edits: compileEdits(undefined),
    upgrade: null,
    tellsOfCertificate: false,
    handshake: { drops: '', lines: '' },
    trace: null,
    ...more,
  });
  assert.ok(text.endsWith('\r\n\r\n'));
  return text.slice(0, -4).split('\r\n');
}

const OURS = ['X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Proto: http', 'X-Request-Id: id'];

describe('the request line and Host', () => {
  test('are ours: routed target, chosen host, HTTP/1.1', () => {
    assert.deepEqual(written(['GET /a/../b HTTP/1.0', 'Host: other']), ['GET /t HTTP/1.1', 'Host: h', ...OURS]);
  });
});

describe('framing', () => {
  const framings: readonly (readonly [request: readonly string[], last: string])[] = [
    [['GET / HTTP/1.1', 'Host: a'], 'X-Request-Id: id'],
    [['POST / HTTP/1.1', 'Host: a'], 'Content-Length: 0'],
    [['PUT / HTTP/1.1', 'Host: a', 'content-length:0'], 'Content-Length: 0'],
    [['DELETE / HTTP/1.1', 'Host: a', 'Content-Length: 007'], 'Content-Length: 7'],
    [['POST / HTTP/1.1', 'Host: a', 'transfer-encoding:CHUNKED'], 'Transfer-Encoding: chunked'],
    [['POST / HTTP/1.1', 'Host: a', 'Content-Length: 1', 'Expect: 100-CONTINUE'], 'Expect: 100-continue'],
  ];
  for (const [request, last] of framings)
    test(`${request.join(' | ')} ends with ${last}`, () => assert.equal(written(request).at(-1), last));

  test('is said once', () => {
    const lines = written(['POST / HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Content_Length: 6', 'Connection: content-length']);
    assert.deepEqual(
      lines.filter((line) => /content.length/i.test(line)),
      ['Content-Length: 5'],
    );
  });
});

describe('hop-by-hop fields', () => {
  test('go, TE: trailers alone is said anew', () => {
    const lines = written([
      'GET / HTTP/1.1',
      'Host: a',
      'Connection: te, close, x-a',
      'TE: trailers, deflate',
      'X-A: b',
      'Keep-Alive: 5',
      'X-B: c',
    ]);
    assert.deepEqual(lines, ['GET /t HTTP/1.1', 'Host: h', 'X-B: c', ...OURS, 'TE: trailers', 'Connection: te']);
  });

  test('an upgrade is said anew', () => {
    const lines = written(['GET / HTTP/1.1', 'Host: a', 'connection: upgrade', 'upgrade: WebSocket'], { upgrade: 'WebSocket' });
    assert.deepEqual(lines.slice(-2), ['Connection: Upgrade', 'Upgrade: WebSocket']);
    assert.equal(lines.filter((line) => /upgrade/i.test(line)).length, 2);
  });
});

describe('what a peer claims', () => {
  const claims = [
    'X-Forwarded-For: 6.6.6.6',
    'X-Forwarded-Host: c',
    'X-Real-IP: 6.6.6.6',
    'X-Request-Id: theirs',
    'Forwarded: for=6.6.6.6',
  ];
  const request = ['GET / HTTP/1.1', 'Host: a', ...claims];

  test('goes when it is not trusted', () => assert.deepEqual(written(request).slice(2), OURS));

  test('stays when it is, but for what we write', () => {
    assert.deepEqual(written(request, { isTrusted: true }).slice(2), [claims[1], claims[2], claims[4], ...OURS]);
    assert.deepEqual(written(request, { isTrusted: true, writesForwarded: true }).slice(2), [claims[1], claims[2], ...OURS]);
  });
});

describe('edits of a route', () => {
  const request = ['GET / HTTP/1.1', 'Host: a', 'X-A: 1', 'x-b: 2', 'X-C: 3'];

  test('remove, set and add', () => {
    const edits = compileEdits({ remove: ['x-a'], set: [['X-B', 'two']], add: [['X-C', 'more']] });
    assert.deepEqual(written(request, { edits }).slice(2), ['X-C: 3', ...OURS, 'X-B: two', 'X-C: more']);
  });

  test('win over what we say about the client: a field that is set is there once', () => {
    const set = [
      ['X-Forwarded-Proto', 'https'],
      ['X-Request-Id', 'fixed'],
    ] as const;
    const edits = compileEdits({ remove: ['x-forwarded-for'], set, add: [] });
    assert.deepEqual(written(request, { edits }).slice(5), ['X-Forwarded-Proto: https', 'X-Request-Id: fixed']);
  });
});
