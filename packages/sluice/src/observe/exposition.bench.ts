/**
 * What a scrape costs the control thread: `node packages/sluice/src/observe/exposition.bench.ts`. 200 services with 10 endpoints and a route
 * each, two workers, traffic in every row. To hold: below 50 ms for each format.
 */
import { endpointTable } from '../core/balancing/endpoint-table.ts';
import { ExemplarBoard, ExemplarWriter } from './exemplar-board.ts';
import { expose } from './exposition.ts';
import { MetricBoard } from './metric-board.ts';
import type { ProcessFacts } from './metric-family.ts';
import { WorkerMetrics } from './worker-metrics.ts';

const ROUNDS = 31;
const WORKERS = 2;
const SERVICES = 200;
const ENDPOINTS = 10;

const facts: ProcessFacts = {
  version: '0.1.0',
  runtime: 'node',
  workers: WORKERS,
  workerRestarts: 0,
  utilization: [],
  mainBusySeconds: 1,
  generation: 1,
  reloadsApplied: 1,
  reloadsRefused: 0,
  cpuSeconds: 1,
  residentBytes: 1e8,
  virtualBytes: null,
  openFiles: null,
  maxFiles: null,
  startSeconds: 1_795_000_000,
  certificates: { lives: [], issued: 0, failed: 0 },
  fleet: [],
  degraded: [],
  caches: [],
  alerts: [],
  notices: [],
  spans: [],
};
const table = endpointTable();
const board = new MetricBoard(WORKERS);
const exemplars = new ExemplarBoard(WORKERS);
const names = {
  listeners: { web: 0 },
  routes: Object.fromEntries(Array.from({ length: SERVICES }, (_, index) => [`route-${index}`, index])),
  services: Object.fromEntries(Array.from({ length: SERVICES }, (_, index) => [`service-${index}`, index])),
  endpoints: Object.fromEntries(
    Array.from({ length: SERVICES }, (_, service) => [
      `service-${service}`,
      Object.fromEntries(Array.from({ length: ENDPOINTS }, (__, index) => [`10.0.${service}.${index}:8080`, service * ENDPOINTS + index])),
    ]),
  ),
};
for (let worker = 0; worker < WORKERS; worker++) {
  const metrics = new WorkerMetrics(board.buffer, worker);
  const writer = new ExemplarWriter(exemplars.buffer, worker);
  for (let index = 0; index < 200_000; index++) {
    const service = index % SERVICES;
    const durationMs = (index % 9_973) / 3;
    metrics.exchangeStarted(0, service, service);
    metrics.exchangeEnded(0, service, service, index % (SERVICES * ENDPOINTS), 200, durationMs, 300, 5_000);
    if (index % 10 === 0) writer.note('service', service, durationMs, '4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7', index);
  }
}
for (const format of ['prometheus', 'openmetrics'] as const) {
  const milliseconds: number[] = [];
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    bytes = Buffer.byteLength(expose({ board, exemplars, names, table, facts }, format));
    const { user, system } = process.cpuUsage(start);
    milliseconds.push((user + system) / 1_000);
  }
  const sorted = milliseconds.toSorted((left, right) => left - right);
  const [median, worst] = [sorted[ROUNDS >> 1]!, sorted.at(-1)!].map((one) => one.toFixed(1));
  process.stdout.write(`${format}: ${(bytes / 1e6).toFixed(1)} MB, median ${median} ms, worst ${worst} ms of CPU\n`);
}
