import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { everyCut, type Limits, readRequest } from '../../../test/support/http1.ts';
import { FAULTS } from './fault.ts';

function head(...lines: readonly string[]): string {
  return `GET /a HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}

/** The parser's answer, after checking that it is the same whatever the pieces the text comes in. */
function read(text: string, limits: Partial<Limits> = {}): NonNullable<ReturnType<typeof readRequest>> | null {
  const whole = readRequest(text, { limits });
  for (const cut of everyCut(text)) assert.deepEqual(readRequest(text, { cuts: [cut], limits }), whole, `cut at ${cut}`);
  assert.deepEqual(readRequest(text, { cuts: everyCut(text), limits }), whole, 'byte by byte');
  return whole;
}

function accepted(text: string, limits: Partial<Limits> = {}): Exclude<ReturnType<typeof read>, null | { fault: string }> {
  const said = read(text, limits);
  assert.ok(said !== null && !('fault' in said), JSON.stringify(said));
  return said;
}

function refused(text: string, limits: Partial<Limits> = {}): { readonly fault: string; readonly status: number } {
  const said = read(text, limits);
  assert.ok(said !== null && 'fault' in said, JSON.stringify(said));
  return said;
}

describe('a request that is understood', () => {
  test('gives method, target, version, Host, fields and where it ends', () => {
    const said = accepted(`${head('A: b', 'C:d ')}rest`);
    assert.deepEqual([said.method, said.target, said.minorVersion, said.host], ['GET', '/a', 1, 'a']);
    assert.deepEqual(said.fields, [
      ['Host', 'a'],
      ['A', 'b'],
      ['C', 'd'],
    ]);
    assert.equal(said.length, head('A: b', 'C:d ').length);
    assert.deepEqual([said.bodyKind, said.contentLength], ['none', 0]);
  });

  for (const method of ['GET', 'POST', 'PUT', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS', 'get', 'GETS', 'PROPFIND', "!#$%&'*+-.^_`|~09"]) {
    test(`method ${method}`, () => assert.equal(accepted(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`).method, method));
  }

  for (const target of ['/', '*', 'http://a/b?c', 'a:443', '/%41?x=[]{}|^`"', '/#']) {
    test(`target ${target} as it was sent`, () => assert.equal(accepted(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).target, target));
  }

  test('HTTP/1.0 needs no Host and may not ask for 100-continue', () => {
    const said = accepted('POST / HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n');
    assert.deepEqual([said.minorVersion, said.host, said.expectsContinue, said.contentLength], [0, null, false, 3]);
  });

  const values: readonly (readonly [line: string, value: string])[] = [
    ['A:', ''],
    ['A: ', ''],
    ['A: \t ', ''],
    ['A:\tb\t', 'b'],
    ['A: b\tc', 'b\tc'],
    ['A: ,, b ,', ',, b ,'],
    ['A: \x80\xff', '\x80\xff'],
    ['A: :::', ':::'],
  ];
  for (const [line, value] of values) {
    test(`the line ${JSON.stringify(line)} has the value ${JSON.stringify(value)}`, () => {
      assert.deepEqual(accepted(head(line)).fields.at(-1), ['A', value]);
    });
  }

  const framings: readonly (readonly [line: string, kind: string, length: number])[] = [
    ['Content-Length: 5', 'length', 5],
    ['content-LENGTH:5 ', 'length', 5],
    ['Content-Length: 0', 'none', 0],
    ['Content-Length: 007', 'length', 7],
    ['Content-Length: 999999999999999', 'length', 999_999_999_999_999],
    ['Transfer-Encoding: chunked', 'chunked', 0],
    ['transfer-encoding: \t CHUNKED ', 'chunked', 0],
    ['Content_Length: 5', 'none', 0],
    ['Transfer.Encoding: chunked', 'none', 0],
  ];
  for (const [line, kind, length] of framings) {
    test(`${line} frames as ${kind}`, () => {
      const said = accepted(head(line));
      assert.deepEqual([said.bodyKind, said.contentLength], [kind, length]);
    });
  }

  test('Connection lists are read over all their lines, empty members passed over', () => {
    const said = accepted(head('Connection: close, te', 'connection: , ,Keep-Alive\t, X-A ,,', 'Connection: UPGRADE'));
    assert.deepEqual(said.connection, { close: true, keepAlive: true, upgrade: true, nominated: ',te,x-a,' });
  });

  test('nothing of one request stays for the next', () => {
    const connection = accepted(head()).connection;
    assert.deepEqual(connection, { close: false, keepAlive: false, upgrade: false, nominated: '' });
  });

  const trailerWishes: readonly (readonly [value: string, accepts: boolean])[] = [
    ['trailers', true],
    ['Trailers', true],
    ['trailers, deflate;q=0.5', true],
    ['deflate;q=0.5 ,\ttrailers', true],
    ['', false],
    ['deflate', false],
    ['trailersx', false],
    ['xtrailers', false],
  ];
  for (const [value, accepts] of trailerWishes) {
    test(`TE: ${value} ${accepts ? 'asks' : 'does not ask'} for trailers`, () => {
      assert.equal(accepted(head(`TE: ${value}`)).acceptsTrailers, accepts);
    });
  }

  test('Expect: 100-continue, in any case', () => assert.equal(accepted(head('Expect: 100-Continue')).expectsContinue, true));

  test('Upgrade lines are one list', () => {
    assert.equal(accepted(head('Upgrade: a', 'Upgrade: b/1')).upgrade, 'a, b/1');
  });
});

const faults: readonly (readonly [fault: keyof typeof FAULTS, text: string])[] = [
  ['method', ' / HTTP/1.1\r\n\r\n'],
  ['method', 'G(T / HTTP/1.1\r\n\r\n'],
  ['method', 'GET\t/ HTTP/1.1\r\n\r\n'],
  ['method', '\nGET / HTTP/1.1\r\n\r\n'],
  ['method', '\x16\x03\x01'],
  ['target', 'GET  / HTTP/1.1\r\n\r\n'],
  ['target', 'GET /\x7f HTTP/1.1\r\n\r\n'],
  ['target', 'GET /\xe9 HTTP/1.1\r\n\r\n'],
  ['target', 'GET /\0 HTTP/1.1\r\n\r\n'],
  ['version', 'GET /\r\n\r\n'],
  ['version', 'GET /\n'],
  ['version', 'GET / \r\n'],
  ['version', 'GET / http/1.1\r\n\r\n'],
  ['version', 'GET / HTTP/1,1\r\n\r\n'],
  ['version', 'GET / HTTP/11\r\n\r\n'],
  ['version', 'GET / HTTP/1.10\r\n\r\n'],
  ['version', 'GET / HTTP/1.1 \r\n\r\n'],
  ['version', 'GET / HTTP/1.1\n'],
  ['version', 'GET / HTTP/1.1\rX'],
  ['version', 'GET / HTTP/x.1\r\n\r\n'],
  ['version', 'GET / HTTP/1.x\r\n\r\n'],
  ['version', 'GET / b HTTP/1.1\r\n\r\n'],
  ['versionUnsupported', 'GET / HTTP/2.0\r\n\r\n'],
  ['versionUnsupported', 'GET / HTTP/1.2\r\n\r\n'],
  ['versionUnsupported', 'GET / HTTP/0.9\r\n\r\n'],
  ['lineEnding', 'GET / HTTP/1.1\r\nHost: a\n\r\n'],
  ['lineEnding', 'GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n'],
  ['lineEnding', 'GET / HTTP/1.1\r\n\n'],
  ['lineEnding', 'GET / HTTP/1.1\r\nHost: a\r\n\rX'],
  ['lineEnding', 'GET / HTTP/1.1\r\nHost\n'],
  ['fieldName', head('A : b')],
  ['fieldName', head('A\t: b')],
  ['fieldName', head('A b: c')],
  ['fieldName', head(': b')],
  ['fieldName', head('A')],
  ['fieldName', head('A\0: b')],
  ['fieldName', head('A\x80: b')],
  ['fieldName', head('"A": b')],
  ['fieldFold', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n'],
  ['fieldFold', head('A: b', '\tc')],
  ['fieldFold', head(' ')],
  ['fieldValue', head('A: b\0')],
  ['fieldValue', head('A: \x0b')],
  ['fieldValue', head('A: \x7f')],
  ['contentLength', head('Content-Length:')],
  ['contentLength', head('Content-Length: +5')],
  ['contentLength', head('Content-Length: -5')],
  ['contentLength', head('Content-Length: 0x5')],
  ['contentLength', head('Content-Length: 5, 5')],
  ['contentLength', head('Content-Length: 5 5')],
  ['contentLength', head('Content-Length: 1000000000000000')],
  ['contentLength', head('Content-Length: 5', 'Content-Length: 5')],
  ['lengthAndCoding', head('Content-Length: 5', 'Transfer-Encoding: chunked')],
  ['lengthAndCoding', head('Transfer-Encoding: chunked', 'Content-Length: 0')],
  ['transferCoding', head('Transfer-Encoding:')],
  ['transferCoding', head('Transfer-Encoding: chunked, chunked')],
  ['transferCoding', head('Transfer-Encoding: chunked,')],
  ['transferCoding', head('Transfer-Encoding: chunked;a')],
  ['transferCoding', head('Transfer-Encoding: chunked\t')],
  ['transferCoding', head('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')],
  ['transferCoding', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['transferCodingUnknown', head('Transfer-Encoding: gzip')],
  ['transferCodingUnknown', head('Transfer-Encoding: gzip, chunked')],
  ['transferCodingUnknown', head('Transfer-Encoding: identity')],
  ['host', 'GET / HTTP/1.1\r\n\r\n'],
  ['host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
  ['host', 'GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n'],
  ['host', 'GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n'],
  ['host', 'GET / HTTP/1.1\r\nHost_: a\r\n\r\n'],
  ['expect', head('Expect: 100-continue, x')],
  ['expect', head('Expect:')],
];

describe('a request that is refused', () => {
  for (const [name, text] of faults) {
    const { code, status } = FAULTS[name];
    test(`${JSON.stringify(text.slice(0, 60))} is ${status} ${code}`, () => assert.deepEqual(refused(text), { fault: code, status }));
  }
});

describe('limits of a request', () => {
  const line = 'GET /abc HTTP/1.1\r\n';
  test('the request line may be exactly as long as the limit', () => {
    accepted(`${line}Host: a\r\n\r\n`, { requestLineBytesMax: line.length });
    assert.deepEqual(refused(`${line}Host: a\r\n\r\n`, { requestLineBytesMax: line.length - 1 }), {
      fault: 'request-line-too-long',
      status: 414,
    });
  });

  test('a request line without an end is refused as soon as it is too long', () => {
    for (const text of ['A'.repeat(64), `GET /${'a'.repeat(59)}`]) {
      assert.equal(readRequest(text.slice(0, 63), { limits: { requestLineBytesMax: 64 } }), null);
      assert.deepEqual(refused(text, { requestLineBytesMax: 64 }), { fault: 'request-line-too-long', status: 414 });
    }
  });

  test('the field lines may be exactly as long as the limit, the empty line not counted', () => {
    const lines = 'Host: a\r\nA: b\r\n';
    accepted(`${line}${lines}\r\n`, { headerBytesMax: lines.length });
    assert.deepEqual(refused(`${line}${lines}\r\n`, { headerBytesMax: lines.length - 1 }), { fault: 'headers-too-long', status: 431 });
  });

  test('there may be exactly as many fields as the limit', () => {
    accepted(head('A: 1', 'B: 2'), { headersMax: 3 });
    assert.deepEqual(refused(head('A: 1', 'B: 2'), { headersMax: 2 }), { fault: 'headers-too-many', status: 431 });
  });

  test('a field without an end is refused as soon as it is too long', () => {
    for (const text of [`Host: ${'a'.repeat(60)}`, 'A'.repeat(66)]) {
      assert.equal(readRequest(line + text.slice(0, 65), { limits: { headerBytesMax: 64 } }), null);
      assert.deepEqual(refused(line + text, { headerBytesMax: 64 }), { fault: 'headers-too-long', status: 431 });
    }
  });
});

test('every fault of a request is shown above or is one of a body', () => {
  const elsewhere = ['status-line', 'request-line-too-long', 'headers-too-long', 'headers-too-many', 'trailers-too-long', 'trailer-field'];
  const ofBodies = ['chunk-size', 'chunk-end', 'chunk-extension-too-long'];
  const shown = new Set([...faults.map(([name]) => FAULTS[name].code), ...elsewhere, ...ofBodies]);
  assert.deepEqual(
    Object.values(FAULTS).filter(({ code }) => !shown.has(code)),
    [],
  );
});
