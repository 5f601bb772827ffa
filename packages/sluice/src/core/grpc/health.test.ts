import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeHealthReply, encodeHealthRequest, HEALTH_REPLY_BYTES_MAX } from './health.ts';
import { prefixed } from './message.ts';

function statusOf(...message: readonly number[]): string {
  const reply = decodeHealthReply(prefixed(Uint8Array.from(message)));
  return reply.kind === 'status' ? reply.status : reply.kind;
}

describe('a request', () => {
  test('for the server as a whole is an empty message', () => {
    assert.equal(Buffer.from(encodeHealthRequest('')).toString('hex'), '0000000000');
  });

  test('for a service names it', () => {
    assert.equal(Buffer.from(encodeHealthRequest('a.B')).toString('hex'), '00000000050a03612e42');
    assert.equal(
      Buffer.from(encodeHealthRequest('x'.repeat(127)))
        .subarray(0, 8)
        .toString('hex'),
      '00000000810a7f78',
    );
    assert.equal(
      Buffer.from(encodeHealthRequest('x'.repeat(128)))
        .subarray(0, 8)
        .toString('hex'),
      '00000000830a8001',
    );
    const long = Buffer.from(encodeHealthRequest('x'.repeat(300)));
    assert.equal(long.subarray(0, 8).toString('hex'), '000000012f0aac02');
    assert.equal(long.length, 5 + 303);
  });

  test('for a name over 1,000 bytes is a mistake', () => {
    assert.equal(encodeHealthRequest('é'.repeat(500)).length, 5 + 3 + 1_000);
    assert.throws(() => encodeHealthRequest('é'.repeat(501)), /1000 bytes/);
  });
});

describe('a reply', () => {
  test('tells the status', () => {
    assert.deepEqual(
      [statusOf(), statusOf(8, 0), statusOf(8, 1), statusOf(8, 2), statusOf(8, 3)],
      ['UNKNOWN', 'UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'],
    );
  });

  test('with a status that is not known is UNKNOWN', () => {
    assert.equal(statusOf(8, 4), 'UNKNOWN');
    assert.equal(statusOf(8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1), 'UNKNOWN');
  });

  test('with the status twice tells the last', () => assert.equal(statusOf(8, 1, 8, 2), 'NOT_SERVING'));

  test('may hold other fields', () => {
    const others = [0x10, 0xac, 2, 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x22, 2, 9, 9, 0x2d, 1, 2, 3, 4];
    assert.equal(statusOf(...others, 8, 1, ...others), 'SERVING');
  });

  const malformed: readonly (readonly [name: string, ...message: readonly number[]])[] = [
    ['half a tag', 0x88],
    ['field 0', 0, 0],
    ['a tag over 32 bits', 0x80, 0x80, 0x80, 0x80, 0x10, 0],
    ['no value', 8],
    ['half a value', 8, 0x80],
    ['a value of eleven bytes', 8, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1],
    ['a value over 64 bits', 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2],
    ['a status as bytes', 0x0a, 1, 1],
    ['a status in 32 bits', 0x0d, 1, 0, 0, 0],
    ['half a length', 0x22, 0x80],
    ['a field cut short', 0x22, 3, 1, 2],
    ['a field of 64 bits cut short', 0x19, 1, 2, 3, 4, 5, 6, 7],
    ['a field of 32 bits cut short', 0x2d, 1, 2, 3],
    ['a field as long as can be', 0x22, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    ['a group', 0x13, 0x14],
    ['wire type 6', 0x16, 0],
    ['wire type 7', 0x17, 0],
  ];
  for (const [name, ...message] of malformed) test(`${name} is malformed`, () => assert.equal(statusOf(...message), 'malformed'));

  test('that is not exactly one uncompressed message is malformed', () => {
    for (const hex of ['', '0800', '00000000020801ff', '01000000020801', '000000000208010000000000']) {
      assert.equal(decodeHealthReply(Buffer.from(hex, 'hex')).kind, 'malformed', hex);
    }
  });

  test('is bounded', () => {
    const message = (size: number): Uint8Array =>
      prefixed(Uint8Array.from([8, 1, 0x22, 0x80 | ((size - 5) & 127), (size - 5) >> 7, ...new Array<number>(size - 5).fill(0)]));
    assert.equal(decodeHealthReply(message(HEALTH_REPLY_BYTES_MAX - 5)).kind, 'status');
    assert.match(JSON.stringify(decodeHealthReply(message(HEALTH_REPLY_BYTES_MAX - 4))), /longer than 1024/);
  });

  test('of any bytes is judged without a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void decodeHealthReply(prefixed(bytes))),
      { numRuns: 2_000 },
    );
  });
});
