import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podShape, sliceShape } from '../../../test/support/kubernetes-shapes.ts';
import { parseQuantity } from './quantity.ts';
import { selectorText, type EndpointSlice, type Pod, type PodMetrics, type Workload } from './resources.ts';
import { workloadView } from './workload-view.ts';

const workload: Workload = { metadata: { name: 'users' }, spec: { replicas: 2, selector: {} } };

test('a pod is ready when the Service says so, drains while it ends and serves, and is measured where the server measures', () => {
  const facts = { labels: { 'pod-template-hash': 'abc' }, createdAt: new Date(1_000), annotations: {} };
  const pods = [
    podShape({ ...facts, name: 'unlisted', isReady: true, isEnding: false }),
    podShape({ ...facts, name: 'ready', isReady: true, isEnding: false }),
    podShape({ ...facts, name: 'ending', isReady: true, isEnding: true }),
  ] as unknown as Pod[];
  const endpoints = [
    { pod: 'ready', address: '10.0.0.1', isReady: true, isEnding: false },
    { pod: 'ending', address: '10.0.0.2', isReady: true, isEnding: true },
    { pod: 'of another workload', address: '10.0.0.3', isReady: true, isEnding: false },
  ];
  const slices = [sliceShape({ version: 'v1', port: 8080, endpoints })] as unknown as EndpointSlice[];
  const usage = {
    metadata: { name: 'ready' },
    containers: [{ usage: { cpu: '250m', memory: '64Mi' } }, { usage: { cpu: '5000000n', memory: '1Mi' } }],
  };
  const metrics = new Map<string, PodMetrics>([['ready', usage]]);
  const view = workloadView({ workload, pods, slices, metrics, port: 'http' });
  assert.deepEqual(
    view.pods.map(({ name, phase, version }) => [name, phase, version]),
    [
      ['ending', 'draining', 'abc'],
      ['ready', 'ready', 'abc'],
      ['unlisted', 'unready', 'abc'],
    ],
  );
  const ready = view.pods[1]!;
  assert.deepEqual([ready.cpu, ready.memoryBytes, ready.startedAt], [0.255, 65 * 1_048_576, 1_000]);
  assert.equal(view.pods[0]!.cpu, null);
});

test('quantities', () => {
  const cases: [string, number | null][] = [
    ['2', 2],
    ['250m', 0.25],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['1e3', 1_000],
    ['12k', 12_000],
    ['', null],
    ['5 apples', null],
  ];
  for (const [text, value] of cases) assert.equal(parseQuantity(text), value, text);
});

test('selectors as a query has them', () => {
  const matchExpressions = [
    { key: 'tier', operator: 'In', values: ['web', 'api'] },
    { key: 'old', operator: 'DoesNotExist' },
    { key: 'zone', operator: 'NotIn', values: ['b'] },
    { key: 'new', operator: 'Exists' },
  ];
  assert.equal(selectorText({ matchLabels: { app: 'users' }, matchExpressions }), 'app=users,tier in (web,api),!old,zone notin (b),new');
});
