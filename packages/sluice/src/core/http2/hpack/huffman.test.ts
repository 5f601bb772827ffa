import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { hex } from '../../../../test/support/hpack.ts';
import { decodedBytesMax, huffmanDecode, huffmanEncode, huffmanLength } from './huffman.ts';

function encode(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length * 4 + 1);
  return out.slice(0, huffmanEncode(bytes, 0, bytes.length, out, 0));
}

/** Null where the code is wrong. */
function decode(coded: Uint8Array): Uint8Array | null {
  const out = new Uint8Array(decodedBytesMax(coded.length));
  const end = huffmanDecode(coded, 0, coded.length, out, 0);
  return end < 0 ? null : out.slice(0, end);
}

test('texts of RFC 7541 Appendix C', () => {
  for (const [text, coded] of [
    ['www.example.com', 'f1e3 c2e5 f23a 6ba0 ab90 f4ff'],
    ['no-cache', 'a8eb 1064 9cbf'],
    ['302', '6402'],
  ] as const) {
    assert.equal(Buffer.from(encode(Buffer.from(text))).toString('hex'), coded.replaceAll(' ', ''));
    assert.equal(Buffer.from(decode(hex(coded))!).toString(), text);
  }
});

test('codes of the ends of Appendix B', () => {
  // 30 bits and two of padding; 28; 26 and six; 5 and three.
  for (const [octet, coded] of [
    [10, 'fffffff3'],
    [22, 'fffffffb'],
    [127, 'ffffffcf'],
    [255, 'fffffbbf'],
    [48, '07'],
  ] as const) {
    assert.equal(Buffer.from(encode(Uint8Array.of(octet))).toString('hex'), coded);
  }
});

test('any octets come back, and their length is known beforehand', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      const coded = encode(octets);
      assert.equal(coded.length, huffmanLength(octets, 0, octets.length));
      assert.deepEqual(decode(coded), octets);
    }),
  );
});

test('what is decoded is the code of its text: no two codes for one text', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (coded) => {
      const text = decode(coded);
      if (text !== null) assert.deepEqual(encode(text), coded);
    }),
    { numRuns: 20_000 },
  );
});

test('a text does not grow beyond the room it is given', () => {
  const shortest = encode(Buffer.from('0'.repeat(800)));
  assert.equal(shortest.length, 500);
  assert.equal(decodedBytesMax(500), 800);
  assert.equal(decode(shortest)!.length, 800);
});

describe('RFC 7541 §5.2: refused', () => {
  for (const [title, coded] of [
    ['EOS', 'ffffffff'],
    ['EOS behind a text', '07 ff ff ff ff ff'],
    ['eight bits of padding', 'f1e3 c2e5 f23a 6ba0 ab90 f4ff ff'],
    ['nothing but eight bits of padding', 'ff'],
    ['padding with a zero', '06'],
    ['padding of zeros', '00'],
    ['a code cut off', 'fffe'],
    ['a long code cut off', 'fffffe'],
  ] as const) {
    test(title, () => assert.equal(decode(hex(coded)), null));
  }
});

test('seven ones are the longest padding', () => {
  // "?" has ten bits, "0" five: 3 x 5 + 10 = 25, seven to the end.
  assert.deepEqual(decode(encode(Buffer.from('000?'))), new Uint8Array(Buffer.from('000?')));
  assert.equal(encode(Buffer.from('000?')).at(-1)! & 0x7f, 0x7f);
});
