/** Whatever the pieces, the same header or the same fault, and the same bytes left over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProxyHeaderReader, type ProxyReading } from './reader.ts';
import { writeProxyV1, writeProxyV2 } from './writer.ts';

/** Reads `bytes` in pieces that end at `cuts`; `rest` is how many bytes are left over. */
function read(bytes: Uint8Array, cuts: readonly number[] = []): object {
  const reader = new ProxyHeaderReader({ versions: 'any', bytesMax: 300 });
  const ends = [...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
  let start = 0;
  let reading: ProxyReading = { kind: 'more' };
  for (const end of ends) {
    if (reading.kind === 'more') reading = reader.feed(bytes, start, end);
    start = end;
    if (reading.kind === 'header') return { header: reading.header, rest: bytes.length - reading.next };
  }
  return reading;
}

const cuts = fc.array(fc.nat(300), { maxLength: 8 });
const address = fc
  .oneof(fc.ipV4(), fc.constantFrom('::1', '2001:db8::2', '::ffff:192.0.2.7'))
  .map((text) => ({ kind: 'ip' as const, address: text, port: 7 }));
const text = fc.string({ unit: fc.constantFrom('a', '.', '-', '1'), maxLength: 12 });
const details = fc.record({
  alpn: fc.option(text),
  authority: fc.option(text),
  uniqueId: fc.option(fc.uint8Array({ maxLength: 20 })),
  tls: fc.option(fc.record({ version: text, certificate: fc.option(fc.record({ commonName: text, isVerified: fc.boolean() })) })),
  checksum: fc.boolean(),
});
const header = fc.oneof(
  fc.tuple(address, address).map(([source, destination]) => writeProxyV1({ source, destination })),
  fc.tuple(address, address, details).map(([source, destination, more]) => writeProxyV2({ source, destination }, more)),
);

test('a header is found whole in any pieces, with what follows left over', () => {
  fc.assert(
    fc.property(header, fc.uint8Array({ maxLength: 20 }), cuts, (bytes, rest, places) => {
      const all = Buffer.concat([bytes, rest]);
      const whole = read(all) as { rest?: number };
      assert.equal(whole.rest, rest.length);
      assert.deepEqual(read(all, places), whole);
    }),
    { numRuns: 500 },
  );
});

test('a damaged header is judged the same in any pieces', () => {
  const damage = fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(header, damage, cuts, (bytes, changes, places) => {
      const all = Uint8Array.from(bytes);
      for (const [at, byte] of changes) if (at < all.length) all[at] = byte;
      const whole = read(all);
      assert.deepEqual(read(all, places), whole);
      assert.deepEqual(read(all, Array.from(all.keys())), whole, 'byte by byte');
    }),
    { numRuns: 3_000 },
  );
});

test('no bytes wait for ever or throw', () => {
  const start = fc.constantFrom('', 'PROXY ', 'PROXY TCP4 ', '\r\n\r\n\0\r\nQUIT\n', '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x20');
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 60 }), (signature, bytes) => {
      const all = Buffer.concat([Buffer.from(signature, 'latin1'), bytes, Buffer.alloc(300)]);
      assert.notDeepEqual(read(all), { kind: 'more' });
    }),
    { numRuns: 2_000 },
  );
});
