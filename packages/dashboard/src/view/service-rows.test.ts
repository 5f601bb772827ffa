import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceStatus, TrafficSnapshot } from '../api/types.ts';
import { sortServices } from './service-rows.ts';
import type { ServiceKey } from './service-rows.ts';

const SERVICES = ['b', 'a', 'c'].map((name) => ({ name, state: name === 'c' ? 'down' : 'up' })) as unknown as ServiceStatus[];
const SNAPSHOT = {
  services: {
    a: { state: 'up', rps: 5, errorRps: 5, p95Ms: null, inflight: 0 },
    b: { state: 'degraded', rps: 50, errorRps: 5, p95Ms: 3, inflight: 1 },
  },
} as unknown as TrafficSnapshot;

const sorted = (by: ServiceKey, isDescending: boolean, snapshot: TrafficSnapshot | null = SNAPSHOT) =>
  sortServices(SERVICES, snapshot, { by, isDescending })
    .map(({ name }) => name)
    .join('');

test('services are sorted by what was asked for, and by name where that is equal', () => {
  assert.equal(sorted('name', false), 'abc');
  assert.equal(sorted('name', true), 'cba');
  assert.equal(sorted('rps', true), 'bac');
  assert.equal(sorted('errors', true), 'abc');
  assert.equal(sorted('p95', true), 'bac', 'unknown comes last');
  assert.equal(sorted('inflight', true, null), 'abc');
});

test('the worst state comes first, as the snapshot has it where there is one', () => {
  assert.equal(sorted('state', true), 'cba');
});
