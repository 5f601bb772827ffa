import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { contentRangeLine, multipartFrame, rangeOf, unsatisfiedRangeLine } from './range.ts';

/** `start-end`, several joined by blanks, or the kind. */
function told(value: string | null, length: number): string {
  const verdict = rangeOf(value, length);
  if (verdict.kind === 'single') return `${verdict.start}-${verdict.end}`;
  return verdict.kind === 'multi' ? verdict.parts.map(({ start, end }) => `${start}-${end}`).join(' ') : verdict.kind;
}

describe('Range', () => {
  test('a range, one without an end, and a suffix (RFC 9110 §14.1.2)', () => {
    assert.equal(told('bytes=0-1', 11), '0-1');
    assert.equal(told('bytes=1-', 11), '1-10');
    assert.equal(told('bytes=-1', 11), '10-10');
    assert.equal(told('bytes=-50', 11), '0-10');
    assert.equal(told('bytes=5-99999999999999999999', 11), '5-10');
    assert.equal(told('Bytes= 0-0 ', 11), '0-0');
  });

  test('what the content has nothing of cannot be satisfied (RFC 9110 §15.5.17)', () => {
    assert.equal(told('bytes=11-', 11), 'unsatisfiable');
    assert.equal(told('bytes=-0', 11), 'unsatisfiable');
    assert.equal(told('bytes=20-30, 40-', 11), 'unsatisfiable');
    assert.equal(told('bytes=20-30, 4-5', 11), '4-5');
  });

  test('what is no set of byte ranges is ignored (RFC 9110 §14.2)', () => {
    for (const value of [
      '',
      'bytes',
      'bytes=',
      'bytes=,',
      'items=0-1',
      'bytes=1',
      'bytes=-',
      'bytes=5-4',
      'bytes=a-b',
      'bytes=1-2-3',
      'bytes=0-1, x',
      'bytes =0-1',
      'bytes=1 - 2',
      'bytes=0x1-2',
      'bytes=--1',
    ]) {
      assert.equal(told(value, 1000), 'whole', value);
    }
    assert.equal(told(null, 1000), 'whole');
    assert.equal(told('bytes=0-1', 0), 'whole');
  });

  test('several are parts in the order asked for (RFC 9110 §15.3.7.2)', () => {
    assert.equal(told('bytes=500-599, ,0-0,-1', 1000), '500-599 0-0 999-999');
  });

  test('many, overlapping, or no smaller than the whole: answered whole (RFC 9110 §14.2)', () => {
    const sixteen = Array.from({ length: 16 }, (_, index) => `${index * 2}-${index * 2}`).join();
    assert.equal(told(`bytes=${sixteen}`, 1e6).split(' ').length, 16);
    assert.equal(told(`bytes=${sixteen},900-901`, 1e6), 'whole');
    assert.equal(told('bytes=0-10,10-20', 1e6), 'whole');
    assert.equal(told('bytes=0-,0-,0-', 1e6), 'whole');
    assert.equal(told('bytes=0-4,6-9', 10), 'whole');
  });
});

describe('framing', () => {
  test('Content-Range for 206 and 416 (RFC 9110 §14.4)', () => {
    assert.equal(contentRangeLine({ start: 0, end: 1 }, 11), 'Content-Range: bytes 0-1/11\r\n');
    assert.equal(unsatisfiedRangeLine(11), 'Content-Range: bytes */11\r\n');
  });

  test('a multipart reply is as long as it says (RFC 9110 §14.6)', () => {
    const body = '0123456789'.repeat(100);
    const parts = [
      { start: 0, end: 4 },
      { start: 990, end: 999 },
    ];
    const frame = multipartFrame(parts, body.length, 'text/plain', 'BOUND');
    const sent = frame.heads.map((head, index) => head + body.slice(parts[index]!.start, parts[index]!.end + 1)).join('') + frame.tail;
    assert.equal(sent.length, frame.totalBytes);
    assert.equal(frame.contentType, 'multipart/byteranges; boundary=BOUND');
    assert.equal(
      sent,
      '\r\n--BOUND\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-4/1000\r\n\r\n01234\r\n--BOUND\r\nContent-Type: text/plain\r\nContent-Range: bytes 990-999/1000\r\n\r\n0123456789\r\n--BOUND--\r\n',
    );
    assert.ok(!multipartFrame(parts, 1000, null, 'B').heads[0]!.includes('Content-Type'));
  });
});
