import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressFamily, addressKind, canonicalNetwork, networkHolds } from './nft-address.ts';

test('only canonical addresses have a family', () => {
  for (const text of ['10.0.0.1', '0.0.0.0', '255.255.255.255']) assert.equal(addressFamily(text), 4);
  for (const text of ['::', '::1', 'fd00::1', '2001:db8::1:0:0:1']) assert.equal(addressFamily(text), 6);
  for (const text of [
    '',
    'a',
    '10.1',
    '0x0a.0.0.1',
    '010.0.0.1',
    '10.0.0.1 ',
    '10.0.0.1/8',
    'FD00::1',
    'fd00:0::1',
    '::ffff:1.2.3.4',
    'fe80::1%1',
    '[::1]',
  ]) {
    assert.equal(addressFamily(text), null, text);
  }
});

test('kinds of destinations', () => {
  const kinds = {
    '0.0.0.0': 'any',
    '::': 'any',
    '127.0.0.9': 'loopback',
    '::1': 'loopback',
    '0.1.2.3': 'other',
    '224.0.0.1': 'other',
    'ff02::1': 'other',
  };
  for (const [address, kind] of Object.entries({
    ...kinds,
    'fe80::1': 'other',
    'febf::1': 'other',
    'fec0::1': 'unicast',
    '10.0.0.1': 'unicast',
  })) {
    assert.equal(addressKind(address), kind, address);
  }
});

test('networks hold the addresses of their own family', () => {
  assert.equal(canonicalNetwork('10.1.2.3/16'), '10.1.0.0/16');
  assert.equal(canonicalNetwork('fd00:0:0:1::5/64'), 'fd00:0:0:1::/64');
  assert.equal(canonicalNetwork('10.1.2.3'), null);
  assert.equal(networkHolds('10.1.0.0/16', '10.1.9.9'), true);
  assert.equal(networkHolds('10.1.0.0/16', '10.2.0.1'), false);
  assert.equal(networkHolds('10.1.0.0/16', 'fd00::1'), false);
});
