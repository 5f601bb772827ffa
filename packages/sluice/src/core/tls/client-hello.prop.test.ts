/** Whatever the pieces and the records a hello comes in, it reads the same; and no bytes make the reader throw or wait for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { alpn, extension, helloMessage, preSharedKeys, records, serverName, versions } from '../../../test/support/client-hello.ts';
import { ClientHelloReader, type HelloReading } from './client-hello-reader.ts';

const BYTES_MAX = 600;

/** Reads `bytes` in pieces that end at `cuts`. */
function read(bytes: Uint8Array, cuts: readonly number[] = [], bytesMax = BYTES_MAX): HelloReading {
  const reader = new ClientHelloReader({ bytesMax });
  let start = 0;
  for (const cut of cuts.filter((each) => each < bytes.length).toSorted((a, b) => a - b)) {
    reader.feed(bytes, start, cut);
    start = cut;
  }
  return reader.feed(bytes.subarray(start));
}

const extensions = fc.shuffledSubarray([
  serverName('a.example'),
  alpn('h2'),
  versions(0x0304),
  extension(35, Buffer.alloc(20, 3)),
  extension(0x1a1a),
  extension(51, Buffer.alloc(90)),
  serverName('a.example', 'b.example'),
]);
const cuts = fc.array(fc.nat(BYTES_MAX), { maxLength: 10 });

test('pieces and records make no difference', () => {
  fc.assert(
    fc.property(extensions, fc.boolean(), fc.integer({ min: 1, max: 400 }), cuts, (list, hasKey, size, places) => {
      const message = helloMessage({ extensions: hasKey ? [...list, preSharedKeys([Buffer.alloc(20, 4)])] : list });
      const whole = read(records(message), [], 4_000);
      assert.notEqual(whole.kind, 'more');
      assert.deepEqual(read(records(message, size), places, 4_000), whole);
    }),
    { numRuns: 500 },
  );
});

test('a damaged hello reads the same whatever the pieces, and ends within the bound', () => {
  const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 3 });
  fc.assert(
    fc.property(extensions, fc.integer({ min: 1, max: 400 }), damage, cuts, (list, size, changes, places) => {
      const bytes = records(helloMessage({ extensions: list }), size);
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
      const whole = read(bytes);
      assert.deepEqual(read(bytes, places), whole);
      assert.deepEqual(read(bytes, Array.from(bytes.keys())), whole, 'byte by byte');
      const endless = Buffer.concat([bytes, Buffer.alloc(BYTES_MAX, 22)]);
      assert.notEqual(read(endless).kind, 'more');
    }),
    { numRuns: 2_000 },
  );
});

test('any bytes at all are answered without a throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), cuts, (bytes, isRecord, places) => {
      const all = isRecord ? records(Buffer.concat([Buffer.of(1, 0, 0, bytes.length), bytes])) : bytes;
      assert.deepEqual(read(all, places), read(all));
    }),
    { numRuns: 2_000 },
  );
});
