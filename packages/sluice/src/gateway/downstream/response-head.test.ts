import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { instant, timestamp } from '../../base/time.ts';
import { ResponseParser } from '../../core/http1/response-parser.ts';
import { compileEdits } from '../exchange/header-edits.ts';
import { type ResponseHead, writeInterimHead, writeResponseHead, writeUpgradeHead } from './response-head.ts';

const limits = { requestLineBytesMax: 8_192, headerBytesMax: 32_768, headersMax: 100 };
const clock = { now: () => instant(0), wall: () => timestamp(Date.UTC(2026, 0, 2, 3, 4, 5, 999)) };
const DATE = 'Date: Fri, 02 Jan 2026 03:04:05 GMT';

function parsed(response: readonly string[], isHead = false): { parser: ResponseParser; bytes: Buffer; start: number } {
  const parser = new ResponseParser(limits);
  const bytes = Buffer.from(`XYZ${response.join('\r\n')}\r\n\r\n`, 'latin1');
  assert.equal(parser.parse(bytes, 3, bytes.length, isHead), bytes.length);
  return { parser, bytes, start: 3 };
}

/** The lines that go downstream for a response with these lines. */
function written(response: readonly string[], more: Partial<ResponseHead> = {}): string[] {
  const text = writeResponseHead({
    ...parsed(response),
    framing: 'none',
    keepsLength: false,
    close: false,
    saysKeepAlive: false,
    viaLine: '',
    hstsLine: '',
    edits: compileEdits(undefined),
    cookieLines: '',
    clock,
    ...more,
  });
  assert.ok(text.endsWith('\r\n\r\n'));
  return text.slice(0, -4).split('\r\n');
}

describe('the status line', () => {
  const lines: readonly (readonly [sent: string, seen: string])[] = [
    ['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK'],
    ['HTTP/1.0 404 Not  Found', 'HTTP/1.1 404 Not  Found'],
    ['HTTP/1.1 200 ', 'HTTP/1.1 200 '],
    ['HTTP/1.1 200', 'HTTP/1.1 200 '],
    ['HTTP/1.1 299 \xe9', 'HTTP/1.1 299 \xe9'],
  ];
  for (const [sent, seen] of lines) {
    test(`${JSON.stringify(sent)} is passed on as ${JSON.stringify(seen)}, with fields and without`, () => {
      assert.equal(written([sent])[0], seen);
      assert.deepEqual(written([sent, 'A: b']).slice(0, 2), [seen, 'A: b']);
      assert.deepEqual(written([sent, 'Connection: close', 'A: b']).slice(0, 2), [seen, 'A: b']);
      assert.deepEqual(written([sent, 'A:b']).slice(0, 2), [seen, 'A: b']);
    });
  }
});

describe('the length of a reply without content', () => {
  const cases: readonly (readonly [status: string, sent: string | null, keepsLength: boolean, seen: string | null])[] = [
    ['200 OK', '0', false, '0'],
    ['200 OK', '5', true, '5'],
    ['200 OK', null, true, null],
    ['204 No Content', '5', true, null],
    ['204 No Content', null, false, null],
    ['304 Not Modified', '5', true, '5'],
    ['304 Not Modified', null, true, null],
  ];
  for (const [status, sent, keepsLength, seen] of cases) {
    test(`${status}, ${sent ?? 'none'} sent${keepsLength ? ', to HEAD or 304' : ''}: ${seen ?? 'none'}`, () => {
      const lines = written([`HTTP/1.1 ${status}`, ...(sent === null ? [] : [`Content-Length: ${sent}`])], { keepsLength });
      assert.deepEqual(
        lines.filter((line) => /^content-length/i.test(line)),
        seen === null ? [] : [`Content-Length: ${seen}`],
      );
    });
  }
});

describe('framing and persistence are ours', () => {
  const response = ['HTTP/1.1 200 OK', 'Connection: close, x-a', 'X-A: b', 'Content-Length: 5', 'Keep-Alive: 5'];
  const framings = [
    ['length', 'Content-Length: 5'],
    ['chunked', 'Transfer-Encoding: chunked'],
    ['close', DATE],
  ] as const;
  for (const [framing, last] of framings) {
    test(framing, () => {
      assert.equal(written(response, { framing }).at(-1), last);
      assert.equal(written(response, { framing, close: true, saysKeepAlive: true }).at(-1), 'Connection: close');
      assert.equal(written(response, { framing, saysKeepAlive: true }).at(-1), 'Connection: keep-alive');
    });
  }

  test('what is hop-by-hop or for us alone goes', () => {
    const lines = written([...response, 'endpoint-load-metrics: cpu_utilization=0.3', 'Upgrade: h2', 'Proxy-Authenticate: x'], {
      framing: 'length',
    });
    assert.deepEqual(lines, ['HTTP/1.1 200 OK', DATE, 'Content-Length: 5']);
  });

  test('an origin cannot have its cookies or its date taken away by a nomination', () => {
    const lines = written(['HTTP/1.1 200 OK', 'Connection: set-cookie, date', 'Set-Cookie: a', 'Date: x'], { framing: 'close' });
    assert.deepEqual(lines, ['HTTP/1.1 200 OK', 'Set-Cookie: a', 'Date: x']);
  });
});

describe('what is added', () => {
  test('Date when there is none, once; Via, edits and cookies behind it', () => {
    const edits = compileEdits({ remove: ['server'], set: [['X-B', 'c']], add: [] });
    const lines = written(['HTTP/1.1 200 OK', 'Server: x', 'x-b: b'], {
      viaLine: 'Via: 1.1 v\r\n',
      edits,
      cookieLines: 'Set-Cookie: d\r\n',
      framing: 'close',
    });
    assert.deepEqual(lines, ['HTTP/1.1 200 OK', DATE, 'Via: 1.1 v', 'X-B: c', 'Set-Cookie: d']);
    assert.deepEqual(written(['HTTP/1.1 200 OK', 'dAtE: then'], { framing: 'close' }), ['HTTP/1.1 200 OK', 'dAtE: then']);
  });

  test('a route may set Date and Via itself', () => {
    const edits = compileEdits({
      remove: [],
      set: [
        ['Date', 'now'],
        ['Via', 'w'],
      ],
      add: [],
    });
    assert.deepEqual(written(['HTTP/1.1 200 OK'], { edits, viaLine: 'Via: 1.1 v\r\n', framing: 'close' }), [
      'HTTP/1.1 200 OK',
      'Date: now',
      'Via: w',
    ]);
  });
});

test('an interim reply keeps its fields and gets none', () => {
  const { parser, bytes, start } = parsed(['HTTP/1.1 103 Early Hints', 'Link: a', 'Connection: x', 'Content-Length: 3']);
  assert.equal(writeInterimHead(parser, bytes, start), 'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n');
});

test('a switch of protocols is said anew', () => {
  const { parser, bytes, start } = parsed([
    'HTTP/1.1 101 Switching',
    'upgrade: websocket',
    'connection: upgrade',
    'Sec-WebSocket-Accept: x',
  ]);
  const expected =
    'HTTP/1.1 101 Switching\r\nSec-WebSocket-Accept: x\r\nSet-Cookie: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  assert.equal(writeUpgradeHead({ parser, bytes, start, handshake: { drops: '', lines: '' }, cookieLines: 'Set-Cookie: a\r\n' }), expected);
});
