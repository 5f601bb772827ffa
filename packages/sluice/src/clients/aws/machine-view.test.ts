import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machineView, type MachineFacts, type MachineView } from './machine-view.ts';

const FACTS: MachineFacts = {
  instance: {
    InstanceId: 'i-1',
    LifecycleState: 'InService',
    HealthStatus: 'Healthy',
    AvailabilityZone: 'a',
    ProtectedFromScaleIn: false,
    LaunchTemplate: { Version: '3' },
  },
  machine: { InstanceId: 'i-1', PrivateIpAddress: '10.0.0.7', LaunchTime: new Date(5_000) },
  target: null,
  hasTargets: false,
  port: 8080,
  address: 'private',
};

test('life by the state that Auto Scaling gives', () => {
  const phases: Record<string, MachineView['phase']> = {
    Pending: 'starting',
    'Pending:Wait': 'starting',
    'Pending:Proceed': 'starting',
    InService: 'ready',
    Terminating: 'stopping',
    'Terminating:Wait': 'draining',
    'Terminating:Proceed': 'stopping',
    Terminated: 'stopping',
    EnteringStandby: 'outside',
    Standby: 'outside',
    Detaching: 'outside',
    'Warmed:Stopped': 'outside',
    'Warmed:Pending:Wait': 'outside',
  };
  for (const [state, phase] of Object.entries(phases)) assert.equal(view({}, state).phase, phase, state);
});

test('version, start and address', () => {
  assert.deepEqual(view({}), {
    id: 'i-1',
    version: '3',
    startedAt: 5_000,
    phase: 'ready',
    address: { kind: 'tcp', host: '10.0.0.7', port: 8080 },
    trouble: null,
  });
});

test('where a target group decides, its health does', () => {
  const phases: Record<string, MachineView['phase']> = {
    initial: 'starting',
    healthy: 'ready',
    unhealthy: 'unready',
    unused: 'ready',
    draining: 'unready',
    unavailable: 'unready',
  };
  for (const [state, phase] of Object.entries(phases))
    assert.equal(view({ hasTargets: true, target: { state, reason: '' } }).phase, phase, state);
  assert.equal(view({ hasTargets: true }).phase, 'starting', 'not registered yet');
  const { trouble } = view({ hasTargets: true, target: { state: 'unhealthy', reason: 'Health checks failed with these codes: [502]' } });
  assert.deepEqual(trouble, { kind: 'unready', detail: 'i-1: target health unhealthy Health checks failed with these codes: [502]' });
});

test('one that EC2 does not show yet starts; one without the address that is wanted is said so', () => {
  assert.equal(view({ machine: undefined }).phase, 'starting');
  const { phase, trouble } = view({ address: 'public' });
  assert.deepEqual([phase, trouble?.detail], ['starting', 'i-1 has no public address: use address: private, or give it one']);
});

function view(over: Partial<MachineFacts>, state?: string): MachineView {
  const instance = state === undefined ? FACTS.instance : { ...FACTS.instance, LifecycleState: state as 'InService' };
  return machineView({ ...FACTS, instance, ...over });
}
