import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { timestamp } from '../base/time.ts';
import { DOWN, DRAINING, EJECTED, endpointTable, MAINTENANCE } from '../core/balancing/endpoint-table.ts';
import { MetricBoard } from './metric-board.ts';
import { buildStatus, protocolOf } from './status-builder.ts';
import type { StatusInput } from './status-builder.ts';
import { WorkerMetrics } from './worker-metrics.ts';

const ADDRESSES = ['127.0.0.1:3001', '127.0.0.1:3002', '127.0.0.1:3003', '127.0.0.1:3004', '127.0.0.1:3005'];

function inputOf(): StatusInput {
  return {
    plan: {
      listeners: [{ name: 'web', kind: 'http' }],
      services: [
        { name: 'users', balance: { algorithm: 'p2c' }, endpoints: ADDRESSES.map((address) => ({ address, weight: 1, priority: 0 })) },
        { name: 'none', balance: { algorithm: 'random' }, endpoints: [] },
      ],
      routes: [{ name: 'users' }, { name: 'idle' }, { name: 'constructor' }],
    },
    names: {
      listeners: { web: 3 },
      routes: { users: 0, idle: 1, constructor: 2 },
      services: { users: 5 },
      endpoints: { users: Object.fromEntries(ADDRESSES.map((address, slot) => [address, slot])) },
    },
    board: new MetricBoard(1),
    table: endpointTable(),
    facts: {
      version: '0.1.0',
      runtime: 'node 26',
      workers: 1,
      workerRestarts: 0,
      generation: 2,
      reloadsApplied: 1,
      reloadsRefused: 0,
      cpuSeconds: 1,
      residentBytes: 1,
      startSeconds: 1_795_000_000,
      fleet: [],
      utilization: [],
      mainBusySeconds: 0,
      virtualBytes: null,
      openFiles: null,
      maxFiles: null,
      degraded: [],
      caches: [],
      alerts: [],
      notices: [],
      spans: [],
      certificates: { lives: [], issued: 0, failed: 0 },
    },
    pid: 42,
    now: timestamp(1_795_000_090_500),
    addresses: new Map([['web', '[::]:8080']]),
    certificates: [],
    notes: new Map([['users 127.0.0.1:3002', 'connect refused']]),
  };
}

test('each endpoint shows its strongest state, and the service what follows from them', () => {
  const input = inputOf();
  [0, DOWN | EJECTED, EJECTED, DRAINING | DOWN, MAINTENANCE | DRAINING].forEach((state, slot) => (input.table.state[slot] = state));
  const [users, none] = buildStatus(input).services;
  deepEqual(
    users!.endpoints.map(({ state }) => state),
    ['up', 'down', 'ejected', 'draining', 'maintenance'],
  );
  equal(users!.state, 'degraded');
  equal(users!.endpoints[1]!.note, 'connect refused');
  equal(none!.state, 'empty');
  input.table.state[0] = DOWN;
  equal(buildStatus(input).services[0]!.state, 'down');
});

test('a listener says what is spoken there', () => {
  const tls = {};
  equal(protocolOf({ kind: 'http', tls: null }), 'http');
  equal(protocolOf({ kind: 'http', tls }), 'https');
  equal(protocolOf({ kind: 'stream', tls: null, readsServerName: false }), 'tcp');
  equal(protocolOf({ kind: 'stream', tls, readsServerName: false }), 'tcp+tls');
  equal(protocolOf({ kind: 'stream', tls: null, readsServerName: true }), 'tls');
  equal(protocolOf({ kind: 'datagram' }), 'udp');
});

test('traffic and percentiles come from the board; 5xx and cut ones are errors', () => {
  const input = inputOf();
  const worker = new WorkerMetrics(input.board.buffer, 0);
  worker.connectionOpened(3);
  for (const status of [200, 200, 503, 0]) {
    worker.exchangeStarted(3, 0, 5);
    worker.exchangeEnded(3, 0, 5, 0, status, 10, 100, 200);
  }
  worker.exchangeStarted(3, 0, 5);
  const status = buildStatus(input);
  const expected = { requests: 4, errors: 2, inflight: 1, bytesIn: 400, bytesOut: 800 };
  deepEqual(
    { ...status.listeners[0]!, p50Ms: 0, p95Ms: 0, p99Ms: 0 },
    { name: 'web', address: '[::]:8080', protocol: 'http', engine: 'user', connections: 1, ...expected, p50Ms: 0, p95Ms: 0, p99Ms: 0 },
  );
  equal(status.services[0]!.p99Ms! > 6 && status.services[0]!.p99Ms! <= 10, true);
  deepEqual(
    status.routes.map(({ name }) => name),
    ['users'],
  );
  equal(status.services[0]!.endpoints[1]!.p50Ms, null);
});

test('times are those of the process', () => {
  const status = buildStatus(inputOf());
  equal(status.startedAt, new Date(1_795_000_000_000).toISOString());
  equal(status.uptimeSeconds, 90);
});

test('a name without a slot shows zeros', () => {
  const input = { ...inputOf(), names: { listeners: {}, routes: {}, services: {}, endpoints: {} } };
  const status = buildStatus(input);
  equal(status.listeners[0]!.requests, 0);
  equal(status.services[0]!.endpoints.length, 5);
});
