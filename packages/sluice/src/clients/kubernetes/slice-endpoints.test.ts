import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shape } from '../../../test/support/kubernetes-shapes.ts';
import type { EndpointSlice } from './resources.ts';
import { sliceAddresses } from './slice-endpoints.ts';

const RECORDED = ['users-5559bb449d-4t828', 'users-5559bb449d-qccdk'];

for (const version of ['v1', 'v1beta1'] as const) {
  test(`${version}: ready pods by name, port by name or number`, () => {
    for (const port of ['http', 8080]) {
      const found = sliceAddresses([slice(version)], port);
      assert.deepEqual([...found.keys()], RECORDED);
      assert.deepEqual(found.get(RECORDED[0]!), { host: '10.99.1.1', port: 8080, portNote: '', isReady: true, isServing: true });
    }
  });
}

test('without a port the only one is used; of several none', () => {
  const [http] = slice('v1').ports!;
  assert.equal(sliceAddresses([{ ...slice('v1'), ports: [http!] }], null).get(RECORDED[0]!)?.port, 8080);
  const { port, portNote } = sliceAddresses([slice('v1')], null).get(RECORDED[0]!)!;
  assert.deepEqual([port, portNote], [null, "set port to one of the Service's: http (8080), metrics (9090)"]);
});

test('what is not said of readiness is ready; what ends may still serve', () => {
  const endpoints = [
    { addresses: ['10.0.0.1'], targetRef: { kind: 'Pod', name: 'a' } },
    { addresses: ['10.0.0.2'], conditions: { ready: false, serving: true, terminating: true }, targetRef: { kind: 'Pod', name: 'b' } },
    { addresses: ['10.0.0.3'], conditions: { ready: false }, targetRef: { kind: 'Pod', name: 'c' } },
  ];
  const found = sliceAddresses([{ ...slice('v1'), endpoints }], 'http');
  assert.deepEqual(
    [...found].map(([name, { isReady, isServing }]) => [name, isReady, isServing]),
    [
      ['a', true, true],
      ['b', false, true],
      ['c', false, false],
    ],
  );
});

test('IPv6 is written one way; a dual-stack pod is used by IPv4; names are passed over', () => {
  const six = (host: string, name: string): EndpointSlice => ({
    ...slice('v1'),
    addressType: 'IPv6',
    endpoints: [{ addresses: [host], conditions: { ready: true }, targetRef: { kind: 'Pod', name } }],
  });
  const named = { ...slice('v1'), addressType: 'FQDN', endpoints: [{ addresses: ['x.example'], targetRef: { kind: 'Pod', name: 'n' } }] };
  const found = sliceAddresses([six('2001:DB8:0:0::1', 'six'), six('2001:db8::2', RECORDED[0]!), slice('v1'), named], 'http');
  assert.equal(found.get('six')?.host, '2001:db8::1');
  assert.equal(found.get(RECORDED[0]!)?.host, '10.99.1.1');
  assert.equal(found.has('n'), false);
});

test('empty lists come as null', () => {
  assert.equal(sliceAddresses([{ ...slice('v1'), endpoints: null, ports: null }], 'http').size, 0);
});

function slice(version: 'v1' | 'v1beta1'): EndpointSlice {
  return shape(`endpointslice-${version}`) as unknown as EndpointSlice;
}
