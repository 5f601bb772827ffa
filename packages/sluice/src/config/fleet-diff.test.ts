import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileFleet } from './compile-fleet.ts';
import { describeFleetChange } from './fleet-diff.ts';
import type { FleetPlan } from './fleet-plan.ts';
import { validate } from './validate.ts';

function fleetOf(users: object | null, fleet: object = {}): FleetPlan {
  const value = {
    listeners: { web: { http: ':8080' } },
    services: { other: { endpoints: ['h:1'] }, users: users ?? { endpoints: ['h:2'] } },
    routes: [{ path: '/*', to: 'users' }],
    fleet,
  };
  const validation = validate(value, () => null);
  assert.ok(validation.ok, JSON.stringify(validation));
  return compileFleet(validation.config);
}

const RUN = { command: ['node', 'a.js'] };

test('nothing is named where nothing differs', () => {
  assert.deepEqual(describeFleetChange(fleetOf({ run: RUN }), fleetOf({ run: RUN })), []);
});

test('names what differs of a service, and no values', () => {
  const before = fleetOf({ run: RUN, replicas: 2 });
  const other = { run: { ...RUN, env: { PASSWORD: 'secret' } }, replicas: 3, deploy: { strategy: 'canary' } };
  assert.deepEqual(describeFleetChange(before, fleetOf(other)), ['service "users": run, replicas, deploy']);
});

test('resources alone are named as such: nothing is deployed for them', () => {
  const after = fleetOf({ run: { ...RUN, resources: { memory: '512MiB' } } });
  assert.deepEqual(describeFleetChange(fleetOf({ run: RUN }), after), ['service "users": run.resources']);
});

test('services that come to the fleet and leave it are named', () => {
  assert.deepEqual(describeFleetChange(fleetOf(null), fleetOf({ run: RUN })), ['service "users": instances']);
  assert.deepEqual(describeFleetChange(fleetOf({ run: RUN }), fleetOf(null)), ['service "users": no instances any more']);
});

test('names what differs of the fleet itself', () => {
  const after = fleetOf({ run: RUN }, { directory: '/var/lib/sluice', detach: true });
  assert.deepEqual(describeFleetChange(fleetOf({ run: RUN }), after), ['fleet: directory, detach']);
});
