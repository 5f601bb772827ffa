import assert from 'node:assert/strict';
import { test } from 'node:test';
import { USERS } from '../../../test/support/fake-fleet.ts';
import type { FleetServiceStatus } from '../../observe/fleet-status.ts';
import { StartWatch } from './start-watch.ts';

function service(ready: number, phases: readonly string[], over: Partial<FleetServiceStatus> = {}): FleetServiceStatus {
  const [instance] = USERS.instances;
  return { ...USERS, ready, instances: phases.map((phase, index) => ({ ...instance!, id: `users.${index}`, phase })), ...over };
}

const STARTING = service(0, ['starting', 'waiting']);

function watching(): (given: FleetServiceStatus | null, now: number) => boolean {
  const watch = new StartWatch();
  return (given, now) => watch.starting(given === null ? [] : [given], () => 60_000, now).has('users');
}

test('a service starts until its instances must have been ready, and no longer', () => {
  const isStarting = watching();
  assert.equal(isStarting(service(0, []), 0), true);
  assert.equal(isStarting(STARTING, 59_999), true);
  assert.equal(isStarting(STARTING, 60_000), false);
});

test('one that has been ready does not start again, whatever happens to it', () => {
  const isStarting = watching();
  assert.equal(isStarting(STARTING, 0), true);
  assert.equal(isStarting(service(1, ['ready']), 1_000), false);
  assert.equal(isStarting(STARTING, 2_000), false);
});

test('one whose instances all wait to be started again does not start, and does as soon as one is', () => {
  const isStarting = watching();
  assert.equal(isStarting(service(0, ['waiting', 'waiting']), 0), false);
  assert.equal(isStarting(STARTING, 1_000), true);
});

test('one that wakes, or comes back to the configuration, starts anew', () => {
  const isStarting = watching();
  isStarting(service(1, ['ready']), 0);
  assert.equal(isStarting(service(0, [], { isAsleep: true }), 100_000), false);
  assert.equal(isStarting(STARTING, 200_000), true);
  assert.equal(isStarting(STARTING, 259_000), true);
  assert.equal(isStarting(null, 270_000), false);
  assert.equal(isStarting(STARTING, 280_000), true);
});
