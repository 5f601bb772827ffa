import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ipBytes, ipText, mapped } from './ip-bytes.ts';

test('text and bytes are one another, whatever the address', () => {
  const bytes = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }));
  fc.assert(fc.property(bytes, (each) => assert.deepEqual(ipBytes(ipText(each)), each)));
});

test('IPv6 is written as RFC 5952 says', () => {
  assert.equal(ipText(ipBytes('2001:DB8:0:0:0:0:0:01')!), '2001:db8::1');
  assert.equal(ipText(new Uint8Array(16)), '::');
});

test('a mapped address is IPv4', () => {
  assert.deepEqual([...ipBytes('::ffff:192.0.2.1')!], [192, 0, 2, 1]);
  assert.equal(ipText(mapped(Uint8Array.of(192, 0, 2, 1))), '192.0.2.1');
  assert.equal(ipBytes('::192.0.2.1')!.length, 16);
});

for (const text of [
  '',
  '1.2.3',
  '01.2.3.4',
  '1.2.3.256',
  '0x7f.0.0.1',
  '1.2.3.4 ',
  '::1%eth0',
  '[::1]',
  ':::',
  '1:2:3:4:5:6:7',
  'a.example',
]) {
  test(`${JSON.stringify(text)} is no address`, () => assert.equal(ipBytes(text), null));
}
