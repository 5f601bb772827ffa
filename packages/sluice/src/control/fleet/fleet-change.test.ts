import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AwsAsgRunPlan, ContainerRunPlan, ProcessRunPlan } from '../../config/fleet-plan.ts';
import { RUN } from '../../../test/support/fleet-stage.ts';
import { deployedRun, isSameRunner, isSameVersion } from './fleet-change.ts';

const CONTAINER: ContainerRunPlan = {
  ...RUN,
  runner: 'container',
  image: 'web:1',
  command: null,
  port: 3_000,
  labels: {},
  network: null,
  reach: 'address',
  engine: null,
  pull: 'missing',
  ulimits: {},
};
const GROUP: AwsAsgRunPlan = {
  ...RUN,
  runner: 'aws-asg',
  group: 'web',
  region: null,
  port: 80,
  address: 'private',
  targetGroupArn: null,
  endpoint: null,
  pollMs: 5_000,
};

test('what is run makes a version; how it lives does not', () => {
  const same: readonly Partial<ProcessRunPlan>[] = [
    { drainTimeoutMs: 1 },
    { stopTimeoutMs: 1 },
    { unreadyTimeoutMs: 1 },
    { ready: { ...RUN.ready, withinMs: 1 } },
    { restart: { ...RUN.restart, baseMs: 1 } },
    { resources: { cpu: 2, memoryBytes: 1 } },
    { logs: { ...RUN.logs, files: 9 } },
  ];
  for (const change of same) assert.ok(isSameVersion(RUN, { ...RUN, ...change }), JSON.stringify(change));
  const other: readonly Partial<ProcessRunPlan>[] = [
    { command: ['serve', 'more'] },
    { env: { A: '1' } },
    { cwd: '/srv' },
    { user: 'www' },
    { isSocket: true },
    { host: '127.0.0.2' },
  ];
  for (const change of other) assert.ok(!isSameVersion(RUN, { ...RUN, ...change }), JSON.stringify(change));
  assert.ok(!isSameVersion(CONTAINER, { ...CONTAINER, image: 'web:2' }));
  assert.ok(!isSameVersion(RUN, CONTAINER));
});

test('another platform, engine or group needs another runner', () => {
  assert.ok(isSameRunner(RUN, { ...RUN, command: ['other'] }));
  assert.ok(isSameRunner(CONTAINER, { ...CONTAINER, image: 'web:2' }));
  assert.ok(!isSameRunner(CONTAINER, { ...CONTAINER, engine: 'unix:/run/podman.sock' }));
  assert.ok(!isSameRunner(RUN, CONTAINER));
  assert.ok(isSameRunner(GROUP, { ...GROUP, drainTimeoutMs: 1 }));
  assert.ok(!isSameRunner(GROUP, { ...GROUP, group: 'other' }));
});

test('a deploy changes what it names, adds to the environment, and is refused where it cannot be', () => {
  const env = { ...RUN, env: { A: '1', B: '2' } };
  assert.deepEqual(deployedRun('web', env, { env: { B: '3' } }), { ...RUN, env: { A: '1', B: '3' } });
  assert.deepEqual(deployedRun('web', CONTAINER, { image: 'web:2' }), { ...CONTAINER, image: 'web:2' });
  assert.match(JSON.stringify(deployedRun('web', RUN, { image: 'web:2' })), /runs processes and has no image/);
  assert.match(JSON.stringify(deployedRun('web', RUN, { command: [] })), /must name a program/);
  assert.match(JSON.stringify(deployedRun('web', GROUP, {})), /start-instance-refresh --auto-scaling-group-name web/);
});
