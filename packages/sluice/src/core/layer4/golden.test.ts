/**
 * Golden scripts: a description in, the nft script out; then a change, and the transaction that makes it. To accept a change of the rules, run this file with
 * UPDATE_GOLDEN=1 and read the difference. That nft takes them and that they do what they say is shown in `test/integration/kernel-layer4.test.ts`.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { drained, type KernelDescription, type KernelListener, withEndpoint } from './kernel-description.ts';
import { kernelFaults } from './kernel-fault.ts';
import { nftTable } from './nft-rules.ts';
import { changeScript, deletionScript, replacementScript } from './nft-table.ts';

const NETWORKS = ['10.1.0.5/16', '192.168.7.1/24', 'fd00:1::5/64'];

function up(address: string, port: number, weight = 1): KernelListener['endpoints'][number] {
  return { address, port, weight, state: 'up' };
}

const DB: KernelListener = {
  name: 'db',
  protocol: 'tcp',
  host: '10.1.0.5',
  port: 5432,
  method: 'round-robin',
  endpoints: [up('10.1.0.11', 5432, 5), up('10.1.0.12', 5432), up('10.2.0.13', 5433)],
  masquerade: 'auto',
  onDown: 'cut',
};

const SYSLOG: KernelListener = {
  name: 'sys.log',
  protocol: 'udp',
  host: '::',
  port: 514,
  method: 'random',
  endpoints: [up('10.1.0.11', 514), up('fd00:1::11', 514), up('fd00:1::12', 514)],
  masquerade: 'always',
  onDown: 'keep',
};

const WEB: KernelListener = {
  name: 'web',
  protocol: 'tcp',
  host: '0.0.0.0',
  port: 80,
  method: 'random',
  endpoints: [up('10.1.0.11', 8080), up('10.1.0.12', 8080, 0)],
  masquerade: 'never',
  onDown: 'keep',
};

const ALL: KernelDescription = { listeners: [WEB, SYSLOG, DB] };

function endpointOf(listener: string, address: string, port: number) {
  return { listener, address, port };
}

function golden(name: string, script: string): void {
  const file = join(import.meta.dirname, 'golden', `${name}.nft`);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, script);
  assert.equal(script, readFileSync(file, 'utf8'));
}

function change(from: KernelDescription, to: KernelDescription): string {
  return changeScript('sluice_test', nftTable(from, NETWORKS), nftTable(to, NETWORKS));
}

test('the whole table, replaced at once', () => {
  assert.deepEqual(kernelFaults(ALL), []);
  golden('replacement', replacementScript('sluice_test', nftTable(ALL, NETWORKS)));
});

test('an endpoint that goes down with its connections', () => {
  golden('down-and-cut', change(ALL, withEndpoint(ALL, endpointOf('db', '10.1.0.11', 5432), { state: 'down' })!));
});

test('an endpoint that drains leaves the slots and nothing else', () => {
  golden('drain', change(ALL, withEndpoint(ALL, endpointOf('sys.log', 'fd00:1::12', 514), { state: 'draining' })!));
});

test('a weight that changes while the number of slots stays leaves the rules, and with them the turn, alone', () => {
  const before = { listeners: [{ ...DB, endpoints: [up('10.1.0.11', 5432, 5), up('10.1.0.12', 5432, 2)] }] };
  const after = { listeners: [{ ...DB, endpoints: [up('10.1.0.11', 5432, 4), up('10.1.0.12', 5432, 3)] }] };
  golden('weight', change(before, after));
});

test('a listener that goes takes all of its own with it', () => {
  golden('listener-gone', change(ALL, { listeners: [SYSLOG, DB] }));
});

test('an endpoint that comes', () => {
  golden('endpoint-comes', change({ listeners: [{ ...DB, endpoints: DB.endpoints.slice(0, 2) }] }, { listeners: [DB] }));
});

test('drained, new connections are refused', () => {
  golden('drained', change({ listeners: [DB] }, drained({ listeners: [DB] })));
});

test('nothing differs: nothing is written', () => {
  assert.equal(change(ALL, structuredClone(ALL)), '');
  // Named hosts come first anyhow, so the order of the configuration means nothing here.
  assert.equal(change(ALL, { listeners: [DB, WEB, SYSLOG] }), '');
});

test('removal works whether the table is there or not', () => {
  assert.equal(deletionScript('sluice_test'), 'add table inet sluice_test\ndelete table inet sluice_test\n');
});

test('a change there and back is the opposite change', () => {
  const down = withEndpoint(ALL, endpointOf('db', '10.1.0.11', 5432), { state: 'down' })!;
  assert.match(change(down, ALL), /delete set inet sluice_test cut\/tcp\/4\/at/);
  assert.match(change(down, ALL), /numgen inc mod 7/);
});
