/**
 * What one second of being watched costs the control thread: `node packages/sluice/src/control/observing/traffic-history.bench.ts`. 200 services with 10 endpoints and a
 * route each, room for 64 workers and two at work; then the same where all, a tenth and none of the endpoints have requests. To hold: below 4 ms with all, 1 ms with none.
 */
import { testPlan, servicePlan } from '../../../test/support/plans.ts';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { endpointTable } from '../../core/balancing/endpoint-table.ts';
import { MetricBoard } from '../../observe/metric-board.ts';
import { WorkerMetrics } from '../../observe/worker-metrics.ts';
import { TrafficHistory } from './traffic-history.ts';

const TICKS = 200;
const WARM_UP = 40;
const ROOM = 64;
const WORKERS = 2;
const ENDPOINTS = 10;

/** @param share Of the services, those with requests. @param isFollowed Whether somebody looks. */
function measure(services: number, share: number, isFollowed: boolean): void {
  const runtime = manualRuntime();
  const board = new MetricBoard(ROOM);
  const workers = Array.from({ length: WORKERS }, (_, index) => new WorkerMetrics(board.buffer, index));
  const addresses = (service: number): string[] => Array.from({ length: ENDPOINTS }, (_, index) => `10.0.${service}.${index}:8080`);
  const plan = testPlan(Array.from({ length: services }, (_, index) => servicePlan(`service-${index}`, addresses(index))));
  const byName = <Value>(of: (index: number) => Value): Record<string, Value> =>
    Object.fromEntries(Array.from({ length: services }, (_, index) => [`service-${index}`, of(index)]));
  const slots = {
    listeners: { web: 0 },
    routes: byName((index) => index),
    services: byName((index) => index),
    endpoints: byName((index) => Object.fromEntries(addresses(index).map((address, each) => [address, index * ENDPOINTS + each]))),
  };
  const history = new TrafficHistory();
  history.connect({
    runtime,
    board,
    table: endpointTable(),
    running: () => ({ plan, slots }),
    fleet: () => [],
    workers: () => [],
    usage: () => ({ cpuSeconds: 1, residentBytes: 1e8 }),
    alerts: () => 0,
    events: () => 0,
  });
  const end = new AbortController();
  if (isFollowed) history.follow(end.signal);
  history.start();
  let count = 0;
  const requests = (): void => {
    for (const metrics of workers)
      for (let row = 0; row < services * share * ENDPOINTS; row++) {
        const service = Math.floor(row / ENDPOINTS);
        metrics.exchangeStarted(0, service, service);
        metrics.exchangeEnded(0, service, service, row, 200, (count++ % 997) / 3, 300, 5_000);
      }
  };
  const micros: number[] = [];
  for (let tick = 0; tick < TICKS + WARM_UP; tick++) {
    requests();
    const start = performance.now();
    runtime.advance(1_000);
    if (tick >= WARM_UP) micros.push((performance.now() - start) * 1_000);
  }
  const snapshot = history.now();
  const text = (): string => JSON.stringify(snapshot);
  const start = performance.now();
  for (let round = 0; round < TICKS; round++) text();
  const writing = ((performance.now() - start) * 1_000) / TICKS;
  end.abort();
  history.stop();
  const figure = `${services} services, ${share * 100} % at work, ${isFollowed ? 'followed' : 'alone'}`;
  const json = isFollowed ? `; JSON ${(text().length / 1_000).toFixed(1)} kB in ${writing.toFixed(0)} µs` : '';
  process.stdout.write(`${figure}: ${micros.toSorted((left, right) => left - right)[TICKS >> 1]!.toFixed(0)} µs${json}\n`);
}

for (const services of [20, 200])
  for (const isFollowed of [false, true]) for (const share of [1, 0.1, 0]) measure(services, share, isFollowed);
