import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import type { AddressPlan, ListenerPlan } from '../../config/plan.ts';
import { OwnAddresses } from './own-addresses.ts';

const at = (host: string, port: number): AddressPlan => ({ kind: 'tcp', host, port });
const own = (addresses: readonly AddressPlan[], admin: AddressPlan | null = null): OwnAddresses =>
  new OwnAddresses({ listeners: addresses.map((address) => ({ address }) as ListenerPlan), admin }, () => 0);

test('a listener at one address is there alone, the admin API likewise', () => {
  const places = own([at('127.0.0.1', 80), at('::1', 81), { kind: 'unix', path: '/run/x' }], at('127.0.0.1', 9900));
  assert.ok(places.has('127.0.0.1', 80) && places.has('::1', 81) && places.has('127.0.0.1', 9900));
  assert.ok(places.has('0.0.0.0', 9900) && places.has('::', 80) && places.has('::', 81));
  assert.ok(!places.has('0.0.0.0', 82) && !places.has('127.0.0.2', 80) && !places.has('127.0.0.1', 81) && !places.has('::1', 80));
});

test('a listener on every interface is at loopback and at each address of the machine', () => {
  for (const host of ['::', '0.0.0.0', 'localhost']) {
    const places = own([at(host, 80)]);
    for (const address of ['127.0.0.1', '127.9.9.9', '::1', '0.0.0.0', '::']) assert.ok(places.has(address, 80), `${host} ${address}`);
    for (const { address } of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) assert.ok(places.has(address, 80), address);
    assert.ok(!places.has('8.8.8.8', 80) && !places.has('127.0.0.1', 81));
  }
});
