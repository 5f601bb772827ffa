import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerRunPlan } from '../../config/fleet-plan.ts';
import { fleetServicePlan } from '../../../test/support/scaled-service.ts';
import { changedBounds, containerName, containerSpec, ownerOf } from './container-driver-spec.ts';

const TRAITS = { name: 'docker', version: '20.10', cores: 4, memoryBytes: 8_000_000_000 } as const;

function plan(more: Partial<ContainerRunPlan>): ContainerRunPlan {
  const container = { runner: 'container', image: 'users:1', command: null, port: 3000, env: {}, labels: {}, network: null } as const;
  const rest = {
    reach: 'published',
    engine: null,
    user: null,
    pull: 'missing',
    ulimits: {},
    resources: { cpu: null, memoryBytes: null },
  } as const;
  return { ...fleetServicePlan('users').run, ...container, ...rest, ...more };
}

function spec(more: Partial<ContainerRunPlan>, name: 'docker' | 'podman' = 'docker', port = 3000): Record<string, unknown> {
  const run = plan(more);
  const order = { service: 'users', id: 'users.3', version: 'v7', run };
  return containerSpec({ order, run, owner: 'me', port, keepAliveMs: 65_000, traits: { ...TRAITS, name }, hasInit: true }) as Record<
    string,
    unknown
  >;
}

test('names are the same for the same instance, and no others', () => {
  assert.equal(containerName('users.3', 'abc'), 'sluice-users-3-abc');
  const names = ['a.1', 'a-1.1', 'a_b.1', 'a/b.1', 'ä.1', 'a.b.1'].map((id) => containerName(id, 'abc'));
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/);
});

test('places are told apart', () => {
  assert.match(ownerOf('/srv/a.yaml'), /^[0-9a-f]{12}$/);
  assert.equal(ownerOf('/srv/a.yaml'), ownerOf('/srv/a.yaml'));
  assert.notEqual(ownerOf('/srv/a.yaml'), ownerOf('/srv/b.yaml'));
});

test('what Sluice says of an instance cannot be said otherwise', () => {
  const { Env, Labels } = spec({ env: { PORT: '1', SLUICE_INSTANCE: 'x', A: 'b=c' }, labels: { 'sluice.owner': 'x', team: 'shop' } });
  assert.deepEqual(Env, [
    'PORT=3000',
    'SLUICE_INSTANCE=users.3',
    'A=b=c',
    'HOST=0.0.0.0',
    'SLUICE_SERVICE=users',
    'SLUICE_VERSION=v7',
    'SLUICE_KEEP_ALIVE_MS=65000',
  ]);
  assert.equal((Labels as Record<string, string>)['sluice.owner'], 'me');
  assert.equal((Labels as Record<string, string>)['team'], 'shop');
});

test('a published port is on loopback, and the engine chooses it', () => {
  const host = spec({}).HostConfig as Record<string, unknown>;
  assert.deepEqual(host['PortBindings'], { '3000/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] });
  assert.equal('PortBindings' in (spec({ reach: 'address' }).HostConfig as object), false);
});

test("on the host's network an instance listens on loopback, on a port of its own", () => {
  const { Env, HostConfig, ...rest } = spec({ network: 'host' }, 'docker', 41_000);
  assert.ok((Env as string[]).includes('PORT=41000') && (Env as string[]).includes('HOST=127.0.0.1'));
  assert.equal((HostConfig as Record<string, unknown>)['NetworkMode'], 'host');
  assert.equal('ExposedPorts' in rest, false);
});

test('bounds, limits and logs are as engines want them', () => {
  const host = spec({ resources: { cpu: 1.5, memoryBytes: 1_000 }, ulimits: { nofile: 20_000 } }).HostConfig as Record<string, unknown>;
  assert.deepEqual([host['NanoCpus'], host['Memory'], host['MemorySwap']], [1.5e9, 1_000, 1_000]);
  assert.deepEqual(host['Ulimits'], [{ Name: 'nofile', Soft: 20_000, Hard: 20_000 }]);
  assert.deepEqual(host['RestartPolicy'], { Name: 'no' });
  assert.deepEqual(host['LogConfig'], { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } });
  const podman = spec({}, 'podman').HostConfig as Record<string, unknown>;
  assert.deepEqual(podman['LogConfig'], { Type: 'k8s-file', Config: { 'max-size': '10m' } });
  assert.equal('Memory' in podman, false);
});

test('a bound that is taken away is the whole machine', () => {
  assert.deepEqual(changedBounds({ cpu: null, memoryBytes: null }, TRAITS), { NanoCpus: 4e9, Memory: 8e9, MemorySwap: 8e9 });
});
