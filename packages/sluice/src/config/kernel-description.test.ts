import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servicePlan, testPlan } from '../../test/support/plans.ts';
import { streamPlan } from '../../test/support/layer4-plane.ts';
import type { KernelListener } from '../core/layer4/kernel-description.ts';
import { kernelPlanFaults, kernelView, type KernelView } from './kernel-description.ts';
import type { ServicePlan, StreamListenerPlan } from './plan.ts';

const KERNEL: Partial<StreamListenerPlan> = { engine: 'kernel', kernel: { table: 'main', masquerade: 'auto', onDown: 'keep' } };

function view(service: ServicePlan, names: Readonly<Record<string, readonly string[]>> = {}, down: readonly string[] = []): KernelView {
  const listeners = [streamPlan('db', 5432, 'db', { ...KERNEL, address: { kind: 'tcp', host: '0.0.0.0', port: 5432 } })];
  return kernelView(testPlan([service], { listeners }), {
    shares: ({ endpoints }) => endpoints.map(({ address, weight }) => ({ state: down.includes(address) ? 'down' : 'up', weight })),
    addresses: (name) => names[name] ?? [],
  });
}

function endpointsOf({ description }: KernelView): string[] {
  return description.listeners[0]!.endpoints.map(({ address, port, weight, state }) => `${address} ${port} ${weight} ${state}`);
}

test('only kernel listeners are described', () => {
  const listeners = [streamPlan('user', 1, 'db'), streamPlan('db', 2, 'db', KERNEL)];
  const plan = testPlan([servicePlan('db', ['10.0.0.1:80'])], { listeners });
  const { description } = kernelView(plan, { shares: () => [{ state: 'up', weight: 1 }], addresses: () => [] });
  const wanted: KernelListener = {
    name: 'db',
    protocol: 'tcp',
    host: '127.0.0.1',
    port: 2,
    method: 'round-robin',
    endpoints: [{ address: '10.0.0.1', port: 80, weight: 1, state: 'up' }],
    masquerade: 'auto',
    onDown: 'keep',
  };
  assert.deepEqual(description, { listeners: [wanted] });
});

test('the method follows from the algorithm', () => {
  const methods = (['p2c', 'smooth-wrr', 'random', 'ip-hash', 'hash'] as const).map((algorithm) => {
    const service = servicePlan('db', []);
    return view({ ...service, balance: { ...service.balance, algorithm } }).description.listeners[0]!.method;
  });
  assert.deepEqual(methods, ['round-robin', 'round-robin', 'random', 'source', 'source']);
});

test('the addresses of a name share its weight; those that the listener cannot use are left out', () => {
  const service = servicePlan('db', ['a.example:80', '10.0.0.9:80']);
  const seen = view(service, { 'a.example': ['10.0.0.1', '10.0.0.2', 'fd00::1', '127.0.0.1'] });
  assert.deepEqual(endpointsOf(seen), ['10.0.0.1 80 500 up', '10.0.0.2 80 500 up', '10.0.0.9 80 1000 up']);
  assert.deepEqual(seen.origins.get('db 10.0.0.2 80'), { service: 'db', endpoint: 'a.example:80' });
  assert.deepEqual(endpointsOf(view(service)), ['10.0.0.9 80 1 up']);
});

test('one place under two names is there once, with both weights, and used while either may be', () => {
  const service = servicePlan('db', ['a.example:80', '10.0.0.1:80']);
  const names = { 'a.example': ['10.0.0.1'] };
  assert.deepEqual(endpointsOf(view(service, names)), ['10.0.0.1 80 2 up']);
  assert.deepEqual(endpointsOf(view(service, names, ['a.example:80'])), ['10.0.0.1 80 1 up']);
  assert.deepEqual(endpointsOf(view(service, names, ['10.0.0.1:80'])), ['10.0.0.1 80 1 up']);
});

test('what the kernel cannot do is found in the plan', () => {
  const listeners = [streamPlan('db', 2, 'db', KERNEL)];
  const faults = kernelPlanFaults(testPlan([servicePlan('db', ['10.0.0.1:80', 'x.example:80'])], { listeners }));
  assert.deepEqual(
    faults.map(({ message }) => message),
    [
      'listener "db": endpoint 10.0.0.1 cannot serve 127.0.0.1: the kernel does not carry packets between a network and loopback; use an address of the machine',
    ],
  );
});
