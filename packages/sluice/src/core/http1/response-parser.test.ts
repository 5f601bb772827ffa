import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { everyCut, readResponse } from '../../../test/support/http1.ts';
import { FAULTS } from './fault.ts';

type Options = NonNullable<Parameters<typeof readResponse>[1]>;

function head(line: string, ...lines: readonly string[]): string {
  return `${line}\r\n${lines.map((each) => `${each}\r\n`).join('')}\r\n`;
}

/** The parser's answer, after checking that it is the same whatever the pieces the text comes in. */
function read(text: string, options: Options = {}): NonNullable<ReturnType<typeof readResponse>> {
  const whole = readResponse(text, options);
  for (const cut of everyCut(text)) assert.deepEqual(readResponse(text, { ...options, cuts: [cut] }), whole, `cut at ${cut}`);
  assert.deepEqual(readResponse(text, { ...options, cuts: everyCut(text) }), whole, 'byte by byte');
  assert.ok(whole !== null);
  return whole;
}

function accepted(text: string, options: Options = {}): Exclude<ReturnType<typeof read>, { fault: string }> {
  const said = read(text, options);
  assert.ok(!('fault' in said), JSON.stringify(said));
  return said;
}

describe('a response that is understood', () => {
  const lines: readonly (readonly [line: string, status: number])[] = [
    ['HTTP/1.1 200 OK', 200],
    ['HTTP/1.1 200 ', 200],
    ['HTTP/1.1 200', 200],
    ['HTTP/1.1 404 Not  Found\t!', 404],
    ['HTTP/1.1 200 \xe9', 200],
    ['HTTP/1.0 599 x', 599],
    ['HTTP/1.1 100 Continue', 100],
  ];
  for (const [line, status] of lines) {
    test(JSON.stringify(line), () => {
      const said = accepted(`${head(line)}rest`);
      assert.deepEqual([said.status, said.length], [status, head(line).length]);
    });
  }

  const framings: readonly (readonly [text: string, kind: string, length: number])[] = [
    [head('HTTP/1.1 200 OK'), 'close', -1],
    [head('HTTP/1.1 200 OK', 'Content-Length: 5'), 'length', 5],
    [head('HTTP/1.1 200 OK', 'Content-Length: 0'), 'none', 0],
    [head('HTTP/1.1 200 OK', 'Transfer-Encoding: Chunked'), 'chunked', -1],
    [head('HTTP/1.1 204 No Content'), 'none', -1],
    [head('HTTP/1.1 204 No Content', 'Content-Length: 5'), 'none', 5],
    [head('HTTP/1.1 304 Not Modified', 'Content-Length: 5'), 'none', 5],
    [head('HTTP/1.1 304 Not Modified', 'Transfer-Encoding: chunked'), 'none', -1],
    [head('HTTP/1.1 103 Early Hints', 'Content-Length: 5'), 'none', 5],
    [head('HTTP/1.1 200 OK', 'Content_Length: 5'), 'close', -1],
  ];
  for (const [text, kind, length] of framings) {
    test(`${JSON.stringify(text)} frames as ${kind}, and to HEAD as none`, () => {
      const said = accepted(text);
      assert.deepEqual([said.bodyKind, said.contentLength], [kind, length]);
      assert.equal(accepted(text, { isHead: true }).bodyKind, 'none');
      assert.equal(accepted(text, { isHead: true }).contentLength, length);
    });
  }

  const persistence: readonly (readonly [text: string, isPersistent: boolean])[] = [
    [head('HTTP/1.1 200 OK', 'Content-Length: 5'), true],
    [head('HTTP/1.1 200 OK', 'Content-Length: 5', 'Connection: x, CLOSE'), false],
    [head('HTTP/1.1 200 OK', 'Content-Length: 5', 'Connection: close, keep-alive'), false],
    [head('HTTP/1.1 200 OK'), false],
    [head('HTTP/1.0 200 OK', 'Content-Length: 5'), false],
    [head('HTTP/1.0 200 OK', 'Content-Length: 5', 'Connection: keep-alive'), true],
    [head('HTTP/1.0 200 OK', 'Connection: keep-alive'), false],
  ];
  for (const [text, isPersistent] of persistence) {
    test(`${JSON.stringify(text)} ${isPersistent ? 'keeps' : 'ends'} the connection`, () => {
      assert.equal(accepted(text).isPersistent, isPersistent);
    });
  }

  test('a switch of protocols names the protocol', () => {
    assert.equal(accepted(head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket')).upgrade, 'websocket');
  });
});

const faults: readonly (readonly [fault: keyof typeof FAULTS, text: string])[] = [
  ['statusLine', 'http/1.1 200 OK\r\n\r\n'],
  ['statusLine', 'HTTP/2 200\r\n\r\n'],
  ['statusLine', 'HTTP/1.2 200 OK\r\n\r\n'],
  ['statusLine', 'HTTP/1.1  200 OK\r\n\r\n'],
  ['statusLine', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['statusLine', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['statusLine', 'HTTP/1.1 099 x\r\n\r\n'],
  ['statusLine', 'HTTP/1.1 600 x\r\n\r\n'],
  ['statusLine', 'HTTP/1.1 +20 x\r\n\r\n'],
  ['statusLine', 'HTTP/1.1 200\tOK\r\n\r\n'],
  ['statusLine', 'HTTP/1.1 200 O\0K\r\n\r\n'],
  ['statusLine', 'HTTP/1.1 200 OK\n\n'],
  ['statusLine', '\r\nHTTP/1.1 200 OK\r\n\r\n'],
  ['statusLine', 'SSH-2.0-x\r\n'],
  ['lineEnding', 'HTTP/1.1 200 OK\rX'],
  ['lineEnding', 'HTTP/1.1 200 OK\r\nA: b\n\r\n'],
  ['fieldFold', head('HTTP/1.1 200 OK', 'A: b', ' c')],
  ['fieldName', head('HTTP/1.1 200 OK', 'A : b')],
  ['fieldValue', head('HTTP/1.1 200 OK', 'A: \0')],
  ['contentLength', head('HTTP/1.1 200 OK', 'Content-Length: 5', 'Content-Length: 6')],
  ['contentLength', head('HTTP/1.1 200 OK', 'Content-Length: x')],
  ['contentLength', head('HTTP/1.1 304 Not Modified', 'Content-Length: -1')],
  ['lengthAndCoding', head('HTTP/1.1 200 OK', 'Content-Length: 5', 'Transfer-Encoding: chunked')],
  ['transferCoding', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')],
  ['transferCoding', head('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked')],
  ['transferCodingUnknown', head('HTTP/1.1 200 OK', 'Transfer-Encoding: gzip, chunked')],
];

describe('a response that is refused', () => {
  for (const [name, text] of faults) {
    test(`${JSON.stringify(text)} for ${FAULTS[name].code}`, () => {
      const said = read(text);
      assert.equal('fault' in said && said.fault, FAULTS[name].code);
    });
  }

  test('framing is looked at also where no body follows', () => {
    const said = read(head('HTTP/1.1 200 OK', 'Content-Length: 5', 'Transfer-Encoding: chunked'), { isHead: true });
    assert.equal('fault' in said && said.fault, 'length-and-coding');
  });
});

describe('limits of a response', () => {
  const line = 'HTTP/1.1 200 OK\r\n';
  test('the status line may be exactly as long as the limit', () => {
    accepted(`${line}\r\n`, { limits: { requestLineBytesMax: line.length } });
    for (let max = 1; max < line.length; max++) {
      const said = read(`${line}\r\n`, { limits: { requestLineBytesMax: max } });
      assert.equal('fault' in said && said.fault, 'request-line-too-long', `limit ${max}`);
    }
  });

  test('the field lines may be exactly as long and as many as the limits', () => {
    const text = head('HTTP/1.1 200 OK', 'A: b', 'C: d');
    accepted(text, { limits: { headerBytesMax: 12, headersMax: 2 } });
    const long = read(text, { limits: { headerBytesMax: 11 } });
    assert.equal('fault' in long && long.fault, 'headers-too-long');
    const many = read(text, { limits: { headersMax: 1 } });
    assert.equal('fault' in many && many.fault, 'headers-too-many');
  });
});
