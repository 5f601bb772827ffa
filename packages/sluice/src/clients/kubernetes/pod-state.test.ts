import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podShape, type PodFacts } from '../../../test/support/kubernetes-shapes.ts';
import { podState } from './pod-state.ts';
import type { Pod } from './resources.ts';

const READY: PodFacts = { name: 'users-1', labels: {}, createdAt: new Date(0), isReady: true, isEnding: false, annotations: {} };

test('a pod as a real server shows it is running and ready', () => {
  assert.deepEqual(podState(pod({})), { phase: 'running', isReady: true, restarts: 0, trouble: null });
});

test('what ended long ago is no trouble of one that is ready', () => {
  const container = { restartCount: 1, lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } } };
  assert.deepEqual(podState(pod({ container })), { phase: 'running', isReady: true, restarts: 1, trouble: null });
});

test('a memory limit goes before the crash loop that it leads to', () => {
  const container = {
    restartCount: 3,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
  };
  const { phase, trouble } = podState(pod({ isReady: false, container }));
  assert.equal(phase, 'waiting');
  assert.deepEqual(trouble, {
    kind: 'out-of-memory',
    detail: 'container users was killed at its memory limit, 3 restarts: raise resources.limits.memory',
  });
});

test('an init container counts as the others do', () => {
  const shown = pod({ isReady: false });
  const status = {
    ...shown.status,
    initContainerStatuses: [{ name: 'migrate', restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
  };
  assert.deepEqual(podState({ ...shown, status }).trouble?.kind, 'crash-loop');
});

test('an image that cannot be had, and a node that cannot be found, are said with their reasons', () => {
  const container = { state: { waiting: { reason: 'ErrImagePull', message: 'no such tag' } } };
  assert.deepEqual(podState(pod({ isReady: false, container })).trouble, {
    kind: 'unstartable',
    detail: 'container users: ErrImagePull: no such tag',
  });
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: '0/3 nodes are available: insufficient cpu',
  };
  const { metadata } = pod({});
  const pending = podState({ metadata, status: { phase: 'Pending', conditions: [condition] } });
  assert.deepEqual(pending.trouble, { kind: 'unstartable', detail: 'no node takes it: 0/3 nodes are available: insufficient cpu' });
  assert.equal(pending.phase, 'starting');
});

test('a container that is only being made is no trouble', () => {
  const container = { state: { waiting: { reason: 'ContainerCreating' } } };
  assert.equal(podState(pod({ isReady: false, container })).trouble, null);
});

test('one that was told to end ends, and an evicted one is over', () => {
  assert.equal(podState(pod({ isEnding: true })).phase, 'ending');
  const { metadata } = pod({});
  assert.equal(podState({ metadata, status: { phase: 'Failed', reason: 'Evicted' } }).phase, 'over');
  assert.equal(podState({ metadata }).phase, 'starting', 'a status that is not there yet');
});

function pod(over: Partial<PodFacts>): Pod {
  return podShape({ ...READY, ...over }) as unknown as Pod;
}
