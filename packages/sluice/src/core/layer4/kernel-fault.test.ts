import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KernelEndpoint, KernelListener } from './kernel-description.ts';
import { kernelFaults } from './kernel-fault.ts';
import { addressFamily } from './nft-address.ts';
import { nftTable } from './nft-rules.ts';
import { replacementScript } from './nft-table.ts';

const ENDPOINT: KernelEndpoint = { address: '10.0.0.1', port: 80, weight: 1, state: 'up' };
const LISTENER: KernelListener = {
  name: 'web',
  protocol: 'tcp',
  host: '::',
  port: 80,
  method: 'random',
  endpoints: [ENDPOINT],
  masquerade: 'auto',
  onDown: 'keep',
};

function faults(listener: Partial<KernelListener>, endpoint: Partial<KernelEndpoint> = {}): string[] {
  return kernelFaults({ listeners: [{ ...LISTENER, endpoints: [{ ...ENDPOINT, ...endpoint }], ...listener }] });
}

test('what the kernel can do has no faults', () => {
  assert.deepEqual(faults({}), []);
  assert.deepEqual(faults({ host: '127.0.0.1' }, { address: '127.0.0.9' }), []);
  assert.deepEqual(faults({ host: '::1' }, { address: '::1' }), []);
  assert.deepEqual(faults({ host: 'fd00::1' }, { address: 'fd00::2', weight: 0 }), []);
  assert.deepEqual(faults({ endpoints: [] }), []);
});

const WRONG: readonly [RegExp, Partial<KernelListener>, Partial<KernelEndpoint>?][] = [
  [/a name is/, { name: 'a b' }],
  [/a name is/, { name: 'a"; flush ruleset; "' }],
  [/host must be .* "localhost"/, { host: 'localhost' }],
  [/host must be .* "010.0.0.1"/, { host: '010.0.0.1' }],
  [/host must be .* "FD00::1"/, { host: 'FD00::1' }],
  [/host must be .* "::ffff:10.0.0.1"/, { host: '::ffff:10.0.0.1' }],
  [/not an address that connections are made to/, { host: '224.0.0.1' }],
  [/port must be 1..65535, got 0/, { port: 0 }],
  [/port must be 1..65535, got 80.5/, { port: 80.5 }],
  [/endpoint must be .* "fe80::1%eth0"/, {}, { address: 'fe80::1%eth0' }],
  [/endpoint must be .* "10.0.0.1\\n"/, {}, { address: '10.0.0.1\n' }],
  [/endpoint fe80::1 is not an address/, {}, { address: 'fe80::1' }],
  [/endpoint 0.0.0.0 is not an address/, {}, { address: '0.0.0.0' }],
  [/endpoint 10.0.0.1: port/, {}, { port: 65_536 }],
  [/endpoint 10.0.0.1: weight must be whole, 0..65535, got -1/, {}, { weight: -1 }],
  [/weight must be whole, 0..65535, got NaN/, {}, { weight: Number.NaN }],
  [/does not translate/, { host: '0.0.0.0' }, { address: 'fd00::1' }],
  [/does not translate/, { host: 'fd00::9' }],
  [/between a network and loopback/, {}, { address: '127.0.0.1' }],
  [/between a network and loopback/, { host: '127.0.0.1' }],
  [/10.0.0.1 port 80 stands twice/, { endpoints: [ENDPOINT, ENDPOINT] }],
  [/at most 1000 endpoints, got 1001/, { endpoints: Array.from({ length: 1_001 }, () => ENDPOINT) }],
];

for (const [wanted, listener, endpoint] of WRONG) {
  test(`faults name what is wrong: ${wanted.source}`, () => {
    const found = faults(listener, endpoint);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0]!, wanted);
    assert.match(found[0]!, /^listener "/);
  });
}

test('the endpoints of all listeners have a bound', () => {
  const endpoints = Array.from({ length: 1_000 }, () => ENDPOINT);
  const listeners = Array.from({ length: 11 }, () => ({ ...LISTENER, endpoints }));
  assert.deepEqual(kernelFaults({ listeners }), ['at most 10000 endpoints of kernel listeners in all, got 11000']);
  assert.deepEqual(kernelFaults({ listeners: Array.from({ length: 1_001 }, () => LISTENER) }), ['at most 1000 kernel listeners, got 1001']);
});

test('two listeners may share neither name nor place', () => {
  const listeners = [LISTENER, { ...LISTENER, protocol: 'udp' as const }, { ...LISTENER, name: 'other' }];
  assert.deepEqual(kernelFaults({ listeners }), ['listener "web": stands twice', 'tcp [::]:80: two listeners']);
});

test('whatever has no faults is written in letters that cannot end a statement early', () => {
  const text = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.constantFrom('::', '10.0.0.1', 'a;b', 'x\n'));
  fc.assert(
    fc.property(text, text, fc.string({ maxLength: 8 }), (host, address, name) => {
      const listener: KernelListener = { ...LISTENER, name, host, endpoints: [{ ...ENDPOINT, address }] };
      if (kernelFaults({ listeners: [listener] }).length > 0) return;
      const script = replacementScript('sluice_x', nftTable({ listeners: [listener] }, []));
      assert.match(script, /^(?:(?:add|delete) (?:table|counter|chain|map|rule|element) inet sluice_x[ -~]*\n)+$/);
      assert.equal(addressFamily(address) === null, false);
    }),
    { numRuns: 500 },
  );
});

test('even without the check nothing else than an address is written', () => {
  const listener = { ...LISTENER, endpoints: [{ ...ENDPOINT, address: '10.0.0.1; flush ruleset' }] };
  assert.throws(() => nftTable({ listeners: [listener] }, []), /canonical form/);
  assert.throws(() => nftTable({ listeners: [{ ...LISTENER, name: '"' }] }, []), /special characters/);
  assert.throws(() => nftTable({ listeners: [{ ...LISTENER, port: Number('80x') }] }, []), /must hold: a port/);
});
