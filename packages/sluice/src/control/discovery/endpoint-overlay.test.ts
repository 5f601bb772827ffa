import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointPlan, Plan, ServicePlan } from '../../config/plan.ts';
import { overlayEndpoints, type EndpointProvider } from './endpoint-overlay.ts';

const endpoint = (address: string): EndpointPlan => ({
  address,
  target: { kind: 'unix', path: address },
  weight: 1,
  priority: 0,
  requestsMax: 0,
  version: '',
});
const service = (name: string) => ({ name, endpoints: [endpoint('configured')], isPaused: false, split: null }) as unknown as ServicePlan;
const plan = { generation: 1, services: [service('a'), service('b')] } as unknown as Plan;

function provider(name: string, traits: ReturnType<EndpointProvider['traits']>, ...addresses: string[]): EndpointProvider {
  return { endpointsOf: (asked) => (asked === name ? addresses.map(endpoint) : null), traits: () => traits };
}

test('a service that a provider knows has what was found, also when that is nothing; others are as configured', () => {
  const { services } = overlayEndpoints(plan, [provider('a', null)]);
  assert.deepEqual(services[0], { ...service('a'), endpoints: [] });
  assert.equal(services[1], plan.services[1]);
  assert.equal(overlayEndpoints(plan, []), plan);
});

test('traits are laid over only with endpoints', () => {
  const traits = { isPaused: true, split: { v1: 0.9, v2: 0.1 } };
  const { services } = overlayEndpoints(plan, [provider('b', traits, 'found')]);
  assert.deepEqual(services[1], { ...service('b'), ...traits, endpoints: [endpoint('found')] });
  assert.equal(services[0], plan.services[0]);
});
