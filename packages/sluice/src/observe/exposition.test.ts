import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { assert, property, string } from 'fast-check';
import { DRAINING, DOWN, EJECTED, endpointTable } from '../core/balancing/endpoint-table.ts';
import { expose } from './exposition.ts';
import type { ExpositionInput } from './exposition.ts';
import { MetricBoard } from './metric-board.ts';
import { METRIC_FAMILIES, metricsReference } from './metric-catalog.ts';
import { USERS } from '../../test/support/fake-fleet.ts';
import type { ProcessFacts } from './metric-family.ts';
import { WorkerMetrics } from './worker-metrics.ts';

const facts: ProcessFacts = {
  version: '0.1.0',
  runtime: 'node 26.10.0',
  workers: 2,
  workerRestarts: 1,
  utilization: [{ worker: 1, ratio: 0.25 }],
  mainBusySeconds: 3.5,
  generation: 7,
  reloadsApplied: 3,
  reloadsRefused: 1,
  cpuSeconds: 12.5,
  residentBytes: 1e8,
  virtualBytes: 2e9,
  openFiles: 40,
  maxFiles: 1_024,
  startSeconds: 1_795_000_000,
  fleet: [],
  degraded: [{ service: 'users', isDegraded: true }],
  caches: [
    { cache: 'pages', tier: 'memory', entries: 3, bytes: 4_096, capacityBytes: 65_536, hits: 7, misses: 2, insertions: 5, evictions: 1 },
    { cache: 'pages', tier: 'shared', entries: null, bytes: null, capacityBytes: null, hits: 4, misses: 1, insertions: 2, evictions: null },
  ],
  alerts: [{ state: 'firing', severity: 'critical', count: 2 }],
  notices: [{ sink: 'ops', outcome: 'told', count: 2 }],
  spans: [{ outcome: 'dropped', count: 9 }],
  certificates: { lives: [{ listener: 'web', name: 'a"b.example', secondsLeft: 86_400 }], issued: 4, failed: 1 },
};

function inputOf(names: Partial<ExpositionInput['names']> = {}): ExpositionInput {
  return {
    board: new MetricBoard(2),
    exemplars: null,
    table: endpointTable(),
    facts,
    names: {
      listeners: { web: 0 },
      routes: { users: 0, idle: 1 },
      services: { users: 0 },
      endpoints: { users: { '127.0.0.1:3001': 0, '127.0.0.1:3002': 1 } },
      ...names,
    },
  };
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A reader of the text format, written from its specification and not from our writer. */
function parse(text: string): { samples: Sample[]; types: Map<string, string> } {
  ok(text.endsWith('\n'), 'the last line ends with a line feed');
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  for (const line of text.slice(0, -1).split('\n')) {
    const type = /^# TYPE (\w+) (counter|gauge|histogram|summary)$/.exec(line);
    if (type) {
      ok(!types.has(type[1]!), `${type[1]} is announced once`);
      types.set(type[1]!, type[2]!);
    } else if (!line.startsWith('# HELP ')) samples.push(parseSample(line));
  }
  return { samples, types };
}

function parseSample(line: string): Sample {
  const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/s.exec(line);
  ok(found, `a sample: ${line}`);
  const labels: Record<string, string> = Object.create(null);
  let rest = found[2] ?? '';
  while (rest !== '') {
    const label = /^([a-zA-Z_]\w*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/.exec(rest);
    ok(label, `labels: ${rest}`);
    labels[label[1]!] = label[2]!.replaceAll(/\\(.)/gs, (_, code: string) => (code === 'n' ? '\n' : code));
    rest = rest.slice(label[0].length);
  }
  return { name: found[1]!, labels, value: found[3] === '+Inf' ? Infinity : Number(found[3]) };
}

function valueOf(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>>): number | undefined {
  const matching = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  equal(matching.length <= 1, true, `${name} is there once`);
  return matching[0]?.value;
}

test('counts of all workers come out under the names of their slots', () => {
  const input = inputOf();
  for (const index of [0, 1]) {
    const worker = new WorkerMetrics(input.board.buffer, index);
    worker.connectionOpened(0);
    worker.exchangeStarted(0, 0, 0);
    worker.exchangeEnded(0, 0, 0, index, 200, 20, 100, 1_000);
    worker.retried(0, 0, 0);
  }
  new WorkerMetrics(input.board.buffer, 0).exchangeStarted(0, 0, 0);
  const { samples } = parse(expose(input));
  equal(valueOf(samples, 'sluice_requests_total', { listener: 'web', code: '2xx' }), 2);
  equal(valueOf(samples, 'sluice_requests_total', { listener: 'web', code: '5xx' }), 0);
  equal(valueOf(samples, 'sluice_requests_inflight', { listener: 'web' }), 1);
  equal(valueOf(samples, 'sluice_connections', { listener: 'web' }), 2);
  equal(valueOf(samples, 'sluice_retries_total', { service: 'users' }), 2);
  equal(valueOf(samples, 'sluice_endpoint_requests_total', { service: 'users', endpoint: '127.0.0.1:3002', code: '2xx' }), 1);
  equal(valueOf(samples, 'sluice_build_info', { version: '0.1.0', runtime: 'node 26.10.0' }), 1);
  equal(valueOf(samples, 'sluice_reloads_total', { result: 'refused' }), 1);
});

test('who waits is shown as it is, and who has waited with the time that it took', () => {
  const input = inputOf();
  const worker = new WorkerMetrics(input.board.buffer, 1);
  worker.parked(0);
  worker.waited(0, 1_500);
  worker.waited(0, 250);
  input.table.serviceParked[0] = 3;
  input.table.serviceQueued[0] = 4;
  const { samples, types } = parse(expose(input));
  const users = { service: 'users' };
  equal(types.get('sluice_service_waited_seconds'), 'summary');
  equal(valueOf(samples, 'sluice_service_waited_seconds_sum', users), 1.75);
  equal(valueOf(samples, 'sluice_service_waited_seconds_count', users), 2);
  equal(valueOf(samples, 'sluice_service_parked', users), 3);
  equal(valueOf(samples, 'sluice_parked_total', users), 1);
  equal(valueOf(samples, 'sluice_service_queued', users), 4);
});

test('every sample belongs to an announced family with exactly its labels', () => {
  const input = { ...inputOf(), facts: { ...facts, fleet: [USERS] } };
  const worker = new WorkerMetrics(input.board.buffer, 0);
  worker.exchangeStarted(0, 0, 0);
  worker.exchangeEnded(0, 0, 0, 0, 200, 20, 100, 1_000);
  worker.grpcEnded(0, 14);
  worker.cached(0, 'miss', 0);
  worker.filterAnswered(0, 'ip');
  worker.filterFailed(0, 'custom');
  const { samples, types } = parse(expose(input));
  deepEqual(
    [...types.keys()],
    METRIC_FAMILIES.map(({ name }) => name),
  );
  for (const { name, labels } of samples) {
    const family = METRIC_FAMILIES.find(
      (one) =>
        one.name === name ||
        ((one.type === 'histogram' || one.type === 'summary') && name.replace(/_(?:bucket|sum|count)$/, '') === one.name),
    );
    ok(family, name);
    const expected = name.endsWith('_bucket') ? [...family.labels, 'le'] : family.labels;
    deepEqual(Object.keys(labels), expected, name);
  }
  for (const { name } of METRIC_FAMILIES)
    ok(
      samples.some((sample) => sample.name.startsWith(name)),
      `${name} has a sample`,
    );
});

test('gRPC statuses appear by name, with their first call', () => {
  const input = inputOf();
  const worker = new WorkerMetrics(input.board.buffer, 0);
  for (const status of [0, 14, 14]) worker.grpcEnded(0, status);
  worker.grpcEnded(-1, 5);
  const { samples } = parse(expose(input));
  const found = samples.filter(({ name }) => name === 'sluice_service_grpc_total');
  deepEqual(
    found.map(({ labels, value }) => [labels['status'], value]),
    [
      ['OK', 1],
      ['UNAVAILABLE', 2],
    ],
  );
});

test('a histogram is cumulative, in seconds, and ends with +Inf equal to its count', () => {
  const input = inputOf();
  const worker = new WorkerMetrics(input.board.buffer, 0);
  for (const ms of [0.05, 0.1, 5, 5, 300, 90_000]) worker.exchangeEnded(0, -1, -1, -1, 200, ms, 0, 0);
  const { samples } = parse(expose(input));
  const buckets = samples.filter(({ name, labels }) => name === 'sluice_request_duration_seconds_bucket' && labels['listener'] === 'web');
  equal(buckets[0]!.labels['le'], '0.0001');
  equal(buckets[0]!.value, 2);
  equal(buckets.at(-2)!.labels['le'], '60');
  equal(buckets.at(-2)!.value, 5);
  equal(buckets.at(-1)!.labels['le'], '+Inf');
  equal(buckets.at(-1)!.value, 6);
  for (let index = 1; index < buckets.length; index++) ok(buckets[index]!.value >= buckets[index - 1]!.value);
  equal(valueOf(samples, 'sluice_request_duration_seconds_count', { listener: 'web' }), 6);
  ok(Math.abs(valueOf(samples, 'sluice_request_duration_seconds_sum', { listener: 'web' })! - 90.31015) < 1e-9);
});

test('histograms of routes show every third bucket, up to the same end', () => {
  const input = inputOf();
  const worker = new WorkerMetrics(input.board.buffer, 0);
  for (const ms of [0.2, 5, 300, 90_000]) worker.exchangeEnded(0, 0, -1, -1, 200, ms, 0, 0);
  const { samples } = parse(expose(input));
  const buckets = samples.filter(({ name }) => name === 'sluice_route_request_duration_seconds_bucket');
  deepEqual(
    buckets.map(({ labels, value }) => `${labels['le']} ${value}`),
    ['0.00025 1', '0.001 1', '0.004 1', '0.016 2', '0.063 2', '0.25 2', '1 3', '4 3', '16 3', '60 3', '+Inf 4'],
  );
});

test('routes without requests and histograms without samples are left out', () => {
  const input = inputOf();
  const worker = new WorkerMetrics(input.board.buffer, 0);
  worker.exchangeStarted(0, 0, -1);
  const { samples } = parse(expose(input));
  equal(valueOf(samples, 'sluice_route_requests_total', { route: 'users', code: '2xx' }), 0);
  equal(valueOf(samples, 'sluice_route_requests_total', { route: 'idle', code: '2xx' }), undefined);
  ok(!samples.some(({ name }) => name.includes('duration_seconds')));
  equal(valueOf(samples, 'sluice_service_requests_total', { service: 'users', code: '5xx' }), 0);
});

test('names that left the configuration are not shown', () => {
  const input = { ...inputOf({ endpoints: {}, services: {} }), facts: { ...facts, degraded: [] } };
  new WorkerMetrics(input.board.buffer, 0).exchangeEnded(0, 0, 0, 0, 200, 1, 1, 1);
  const { samples } = parse(expose(input));
  ok(!samples.some(({ labels }) => 'service' in labels));
});

test('endpoint state comes from the table', () => {
  const input = inputOf();
  input.table.state[0] = EJECTED | DRAINING;
  input.table.state[1] = DOWN;
  input.table.inflight[1] = 4;
  const { samples } = parse(expose(input));
  const read = (name: string, endpoint: string): number | undefined => valueOf(samples, name, { endpoint });
  deepEqual(
    ['up', 'ejected', 'draining'].map((name) => read(`sluice_endpoint_${name}`, '127.0.0.1:3001')),
    [1, 1, 1],
  );
  deepEqual(
    ['up', 'ejected', 'draining', 'inflight'].map((name) => read(`sluice_endpoint_${name}`, '127.0.0.1:3002')),
    [0, 0, 0, 4],
  );
});

test('any name survives as a label', () => {
  const { board } = inputOf();
  assert(
    property(string({ unit: 'binary', minLength: 1, maxLength: 20 }), (name) => {
      const input = {
        board,
        exemplars: null,
        table: endpointTable(),
        facts,
        names: { listeners: Object.fromEntries([[name, 0]]), routes: {}, services: {}, endpoints: {} },
      };
      const { samples } = parse(expose(input));
      equal(valueOf(samples, 'sluice_connections', { listener: name }), 0);
    }),
    { numRuns: 30 },
  );
});

test('names follow the conventions of Prometheus', () => {
  for (const { name, type, help } of METRIC_FAMILIES) {
    match(name, /^(?:sluice|process)_[a-z][a-z0-9]*(?:_[a-z]+)*$/);
    equal(name.endsWith('_total'), type === 'counter', name);
    match(help, /^[A-Z0-9][^\n\\]*\.$/);
  }
  equal(new Set(METRIC_FAMILIES.map(({ name }) => name)).size, METRIC_FAMILIES.length);
});

test('docs/reference/metrics.md holds exactly the metrics of the code', () => {
  const page = readFileSync(new URL('../../../../docs/reference/metrics.md', import.meta.url), 'utf8');
  const table = /<!-- table: begin -->\n([^]*)<!-- table: end -->/.exec(page)?.[1];
  equal(table, metricsReference(), 'run: npm run docs');
});

test('certificates show how long they last, and how orders ended', () => {
  const { samples } = parse(expose(inputOf()));
  const about = (name: string) => samples.filter((sample) => sample.name === name).map(({ labels, value }) => [{ ...labels }, value]);
  deepEqual(about('sluice_certificate_expiry_seconds'), [[{ listener: 'web', name: 'a"b.example' }, 86_400]]);
  deepEqual(about('sluice_certificate_orders_total'), [
    [{ result: 'issued' }, 4],
    [{ result: 'failed' }, 1],
  ]);
});

test('instances show their number by phase, their load and the share of a deploy', () => {
  const { samples } = parse(expose({ ...inputOf(), facts: { ...facts, fleet: [USERS] } }));
  const about = (name: string) => samples.filter((sample) => sample.name === name).map(({ labels, value }) => [{ ...labels }, value]);
  deepEqual(about('sluice_instances'), [
    [{ service: 'users', version: 'v2', phase: 'ready' }, 1],
    [{ service: 'users', version: 'v1', phase: 'waiting' }, 1],
  ]);
  deepEqual(about('sluice_instances_wanted'), [[{ service: 'users' }, 2]]);
  deepEqual(about('sluice_deploy_share'), [[{ service: 'users' }, 0.05]]);
  deepEqual(about('sluice_instance_cpu_cores'), [[{ service: 'users', replica: 'users.3' }, 0.25]], 'unknown is left out');
  deepEqual(about('sluice_instance_restarts_total'), [
    [{ service: 'users', replica: 'users.3' }, 1],
    [{ service: 'users', replica: 'users.4' }, 4],
  ]);
});
