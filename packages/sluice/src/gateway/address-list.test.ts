import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressList, unmapped } from './address-list.ts';

test('holds single addresses and networks of both families', () => {
  const list = new AddressList(['192.0.2.1', '10.0.0.0/8', '2001:db8::/32', '::1']);
  for (const address of ['192.0.2.1', '10.255.0.1', '2001:db8::5', '::1']) assert.ok(list.has(address), address);
  for (const address of ['192.0.2.2', '11.0.0.1', '2001:db9::', '::2', '', 'localhost']) assert.ok(!list.has(address), address);
});

test('an IPv4 address has one spelling', () => {
  assert.equal(unmapped('::ffff:10.0.0.1'), '10.0.0.1');
  assert.equal(unmapped('::FFFF:10.0.0.1'), '10.0.0.1');
  assert.equal(unmapped('::1'), '::1');
  assert.equal(unmapped('10.0.0.1'), '10.0.0.1');
});
