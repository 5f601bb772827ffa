import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { everyCut, type Limits, readBody, type ReadBody } from '../../../test/support/http1.ts';
import { FAULTS } from './fault.ts';

/** What a chunked body comes to, after checking that it is the same whatever the pieces it comes in. */
function chunked(text: string, limits: Partial<Limits> = {}): ReadBody {
  const whole = readBody('chunked', 0, text, { limits });
  const summary = ({ body, ...rest }: ReadBody): object => (rest.fault === null ? { body, ...rest } : rest);
  for (const cut of everyCut(text)) {
    assert.deepEqual(summary(readBody('chunked', 0, text, { cuts: [cut], limits })), summary(whole), `cut at ${cut}`);
  }
  assert.deepEqual(summary(readBody('chunked', 0, text, { cuts: everyCut(text), limits })), summary(whole), 'byte by byte');
  return whole;
}

describe('a body with a length', () => {
  test('ends at its last byte, whatever the pieces', () => {
    const text = 'hello worldREST';
    for (const cut of everyCut(text)) {
      const said = readBody('length', 11, text, { cuts: [cut] });
      assert.deepEqual([said.body, said.isDone, said.rest], ['hello world', true, 'REST']);
    }
  });

  test('is not done before', () => assert.equal(readBody('length', 6, 'hello').isDone, false));
});

test('a body to the close of the connection is never done by itself', () => {
  const said = readBody('close', 0, '0\r\n\r\n', { cuts: [2] });
  assert.deepEqual([said.body, said.isDone, said.rest], ['0\r\n\r\n', false, '']);
});

test('without a body every byte is of the next message', () => {
  const said = readBody('none', 0, 'GET /');
  assert.deepEqual([said.body, said.isDone, said.rest], ['', true, 'GET /']);
});

describe('a chunked body', () => {
  const bodies: readonly (readonly [text: string, body: string])[] = [
    ['0\r\n\r\n', ''],
    ['5\r\nhello\r\n0\r\n\r\n', 'hello'],
    ['2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n', 'hello'],
    ['a\r\n0123456789\r\n0\r\n\r\n', '0123456789'],
    ['A\r\n0123456789\r\n0\r\n\r\n', '0123456789'],
    ['0000000000005\r\nhello\r\n000\r\n\r\n', 'hello'],
    ['2\r\n\r\n\r\n0\r\n\r\n', '\r\n'],
    ['5;a\r\nhello\r\n0;b=c\r\n\r\n', 'hello'],
    ['5;a=b;c="d;\\"\t\\\x80 e";f\r\nhello\r\n0\r\n\r\n', 'hello'],
    ['5;a=""\r\nhello\r\n0\r\n\r\n', 'hello'],
  ];
  for (const [text, body] of bodies) {
    test(JSON.stringify(text), () => {
      assert.deepEqual(chunked(`${text}GET`), { body, isDone: true, trailers: [], rest: 'GET', fault: null });
    });
  }

  test('keeps its trailers apart', () => {
    const said = chunked('1\r\nx\r\n0\r\nA: b\r\nC:d \r\nSet-Cookie: e\r\n\r\nGET');
    assert.deepEqual(said.trailers, [
      ['A', 'b'],
      ['C', 'd'],
      ['Set-Cookie', 'e'],
    ]);
    assert.deepEqual([said.body, said.rest], ['x', 'GET']);
  });

  test('is not done before its last line feed', () => {
    for (const text of ['5\r\nhello\r\n0\r\n\r\n', '0\r\nA: b\r\n\r\n']) {
      for (const cut of everyCut(text)) assert.equal(readBody('chunked', 0, text.slice(0, cut)).isDone, false, `after ${cut} bytes`);
    }
  });

  test('a size has at most 13 digits', () => {
    assert.equal(chunked('fffffffffffff\r\nx').fault, null);
    assert.equal(chunked('00000000000000\r\n\r\n').fault, 'chunk-size');
  });
});

const faults: readonly (readonly [fault: keyof typeof FAULTS, text: string])[] = [
  ['chunkSize', '\r\n'],
  ['chunkSize', 'g\r\n'],
  ['chunkSize', '+5\r\n'],
  ['chunkSize', '-5\r\n'],
  ['chunkSize', ' 5\r\n'],
  ['chunkSize', '5 \r\n'],
  ['chunkSize', '5\t;a\r\n'],
  ['chunkSize', '0x5\r\n'],
  ['chunkSize', '5_0\r\n'],
  ['chunkSize', '5\n'],
  ['chunkSize', '5\rx'],
  ['chunkSize', '5\r\r\n'],
  ['chunkSize', '5;\r\n'],
  ['chunkSize', '5;a b\r\n'],
  ['chunkSize', '5; a\r\n'],
  ['chunkSize', '5;a=\r\n'],
  ['chunkSize', '5;a=b=c\r\n'],
  ['chunkSize', '5;a="b\r\n'],
  ['chunkSize', '5;a="b\\\r\n"\r\n'],
  ['chunkSize', '5;a="b"c\r\n'],
  ['chunkSize', '5;a\n'],
  ['chunkSize', '5;\x80\r\n'],
  ['chunkSize', ';a\r\n'],
  ['chunkEnd', '5\r\nhelloX'],
  ['chunkEnd', '5\r\nhello\n'],
  ['chunkEnd', '5\r\nhello\rX'],
  ['chunkEnd', '5\r\nhello!\r\n'],
  ['lineEnding', '0\r\n\n'],
  ['lineEnding', '0\r\n\rX'],
  ['lineEnding', '0\r\nA: b\n\r\n'],
  ['fieldName', '0\r\nA : b\r\n\r\n'],
  ['fieldFold', '0\r\nA: b\r\n c\r\n\r\n'],
  ['fieldValue', '0\r\nA: \0\r\n\r\n'],
  ['trailerField', '0\r\nContent-Length: 5\r\n\r\n'],
  ['trailerField', '0\r\nA: b\r\ntransfer_encoding: chunked\r\nC : d\r\n\r\n'],
  ['trailerField', '0\r\nHost: a\r\n\r\n'],
];

describe('a chunked body that is refused', () => {
  for (const [name, text] of faults) {
    test(`${JSON.stringify(text)} for ${FAULTS[name].code}`, () => assert.equal(chunked(text).fault, FAULTS[name].code));
  }

  test('gives no byte behind the fault', () => assert.equal(chunked('5\r\nhelloX5\r\nworld\r\n').body, 'hello'));
});

describe('limits of a chunked body', () => {
  test('extensions of a message together may be exactly as long as the limit', () => {
    const text = '1;abc\r\nx\r\n1;d=e\r\nx\r\n0\r\n\r\n'; // what stands between the semicolon and CR counts, and one for ending the name
    const fits = Array.from({ length: 20 }, (_, max) => chunked(text, { chunkExtensionBytesMax: max }).fault);
    const first = fits.indexOf(null);
    assert.ok(first > 4 && first < 10, `accepted from ${first}`);
    assert.ok(fits.slice(0, first).every((fault) => fault === 'chunk-extension-too-long'));
    assert.ok(fits.slice(first).every((fault) => fault === null));
  });

  test('trailers may be exactly as long and as many as the limits', () => {
    const text = '0\r\nA: b\r\nC: d\r\n\r\nGET';
    assert.equal(chunked(text, { trailerBytesMax: 12, headersMax: 2 }).isDone, true);
    assert.equal(chunked(text, { trailerBytesMax: 11 }).fault, 'trailers-too-long');
    assert.equal(chunked(text, { headersMax: 1 }).fault, 'headers-too-many');
  });

  test('a trailer without an end is refused', () => {
    assert.equal(chunked(`0\r\nA: ${'b'.repeat(100)}`, { trailerBytesMax: 64 }).fault, 'trailers-too-long');
  });
});
