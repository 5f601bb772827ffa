/** Whatever is encoded comes back, whatever the peer does to the table's size meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Pair, ROOMY, decodePairs, encodePairs } from '../../../../test/support/hpack.ts';
import { DecodedFields } from './decoded-fields.ts';
import { HpackDecoder } from './decoder.ts';
import { HpackEncoder } from './encoder.ts';

const octet = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
const name = fc.oneof(
  fc.constantFrom(':path', ':status', 'date', 'server', 'content-length', 'cookie', 'set-cookie', 'x-a', 'x-b', 'accept-encoding'),
  fc.stringMatching(/^[a-z0-9-]{1,30}$/),
);
const value = fc.oneof(
  fc.constantFrom('', '200', '/', 'gzip, deflate', 'a', 'b'),
  fc.string({ unit: octet, maxLength: 60 }).map((text) => text.replaceAll('\r', '').replaceAll(/^[ \t]+|[ \t]+$/g, '')),
  fc.nat(3000).map((length) => 'v'.repeat(length)),
);
const pair: fc.Arbitrary<Pair> = fc.tuple(name, value);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.array(pair, { maxLength: 12 }) },
  { weight: 1, arbitrary: fc.array(fc.nat(5000), { minLength: 1, maxLength: 4 }) },
);

test('any fields in any blocks, with any changes of the size', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const encoder = new HpackEncoder();
      const decoder = new HpackDecoder();
      for (const each of steps) {
        if (each.length > 0 && typeof each[0] === 'number') {
          for (const size of each as number[]) {
            encoder.setMaxTableSize(size);
            decoder.setMaxTableSize(size);
          }
          continue;
        }
        assert.deepEqual(decodePairs(decoder, encodePairs(encoder, each as Pair[])), each);
      }
    }),
    { numRuns: 300 },
  );
});

test('many different lines through one table', () => {
  const line = fc.tuple(fc.constantFrom('server', 'x-a', 'x-b'), fc.nat(150).map(String));
  fc.assert(
    fc.property(fc.array(line, { minLength: 200, maxLength: 600 }), fc.integer({ min: 64, max: 4096 }), (lines, size) => {
      const encoder = new HpackEncoder();
      const decoder = new HpackDecoder();
      encoder.setMaxTableSize(size);
      for (const each of lines) assert.deepEqual(decodePairs(decoder, encodePairs(encoder, [each])), [each]);
    }),
    { numRuns: 40 },
  );
});

test('any bytes are decoded or refused, and the counts agree with what is stored', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc.constantFrom([0x82], [0xbe], [0xbf], [0x40, 1, 0x61, 1, 0x62], [0x7e, 0x81, 0x1f], [0x3f, 0x20], [0x20], [0x10, 0x82, 0xff, 0xff]),
  );
  fc.assert(
    fc.property(fc.array(fc.array(piece, { maxLength: 12 }), { maxLength: 6 }), fc.nat(300), (blocks, sectionBytesMax) => {
      const roomy = new HpackDecoder();
      const tight = new HpackDecoder();
      const all = new DecodedFields();
      const some = new DecodedFields();
      for (const pieces of blocks) {
        const block = Uint8Array.from(pieces.flatMap((each) => [...each]));
        all.reset(ROOMY);
        some.reset({ sectionBytesMax, fieldsMax: 5 });
        const isRead = roomy.decode(block, 0, block.length, all);
        assert.equal(tight.decode(block, 0, block.length, some), isRead, 'bounds do not change what is an error');
        if (!isRead) return;
        assert.deepEqual([some.size, some.seen], [all.size, all.seen]);
        assert.equal(all.seen, all.count);
        assert.equal(all.size, all.length + 28 * all.count);
        assert.equal(some.isTooLarge, all.size > sectionBytesMax || all.count > 5);
        assert.deepEqual(some.bytes.slice(0, some.length), all.bytes.slice(0, some.length));
      }
    }),
    { numRuns: 3000 },
  );
});
