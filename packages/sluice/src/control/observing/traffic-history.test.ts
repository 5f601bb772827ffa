import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servicePlan, testPlan } from '../../../test/support/plans.ts';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import type { Plan } from '../../config/plan.ts';
import type { SlotMap } from '../../config/slot-map.ts';
import { DOWN, endpointTable } from '../../core/balancing/endpoint-table.ts';
import { MetricBoard } from '../../observe/metric-board.ts';
import type { TrafficSnapshot } from '../../observe/traffic.ts';
import { WorkerMetrics } from '../../observe/worker-metrics.ts';
import { TrafficHistory } from './traffic-history.ts';

const SLOTS: SlotMap = { listeners: {}, routes: {}, services: { web: 1 }, endpoints: { web: { '10.0.0.1:80': 4 } } };

function setUp() {
  const runtime = manualRuntime();
  const board = new MetricBoard(1);
  const table = endpointTable();
  const worker = new WorkerMetrics(board.buffer, 0);
  const plan: Plan = testPlan([servicePlan('web', ['10.0.0.1:80'])]);
  const running = { plan, slots: SLOTS };
  let cpuSeconds = 0;
  const history = new TrafficHistory();
  history.connect({
    runtime,
    board,
    table,
    running: () => running,
    fleet: () => [],
    workers: () => [{ index: 0, utilization: 0.25 }],
    usage: () => ({ cpuSeconds: (cpuSeconds += 0.5), residentBytes: 42 }),
    alerts: () => 1,
    events: () => 0,
  });
  const request = (durationMs: number): void => {
    worker.exchangeStarted(-1, -1, 1);
    worker.exchangeEnded(-1, -1, 1, 4, 200, durationMs, 10, 20);
  };
  return { runtime, table, running, history, request };
}

test('rates of services and endpoints are those of the last ten seconds', () => {
  const { runtime, history, request } = setUp();
  history.start();
  history.now();
  for (let second = 0; second < 8; second++) {
    runtime.advance(1_000);
    for (let count = 0; count < 20; count++) request(10);
    history.now();
  }
  runtime.advance(1_000);
  const { services, workers, alerts, residentBytes } = history.now();
  const web = services['web']!;
  assert.ok(web.rps > 17 && web.rps <= 20, `${web.rps} requests per second`);
  assert.ok(web.endpoints['10.0.0.1:80']!.rps > 17 && web.endpoints['10.0.0.1:80']!.rps <= 20);
  assert.ok(web.p95Ms !== null && web.p95Ms <= 10);
  assert.deepEqual([web.state, web.inflight, alerts, residentBytes], ['up', 0, 1, 42]);
  assert.deepEqual(workers, [{ index: 0, utilization: 0.25 }]);
});

test('who begins to look between two steps sees the rate of an endpoint that its service has', () => {
  const { runtime, history, request } = setUp();
  history.start();
  const second = (looks: boolean): void => {
    for (let tenth = 0; tenth < 10; tenth++) {
      for (let count = 0; count < 2; count++) request(10);
      runtime.advance(100);
      if (looks && tenth === 7) history.now();
    }
  };
  for (let count = 0; count < 11; count++) second(false);
  second(true);
  second(true);
  second(true);
  const web = history.now().services['web']!;
  assert.deepEqual([web.rps, web.endpoints['10.0.0.1:80']!.rps], [20, 20]);
});

test('an endpoint that is up and idle is left out; one with traffic, or that is not up, is told', () => {
  const { runtime, table, history, request } = setUp();
  const told = (): unknown =>
    Object.values(history.now().services['web']!.endpoints).map(({ state, rps, inflight }) => [state, rps, inflight]);
  history.start();
  history.now();
  runtime.advance(1_000);
  assert.deepEqual([told(), history.now().services['web']!.state], [[], 'up']);
  request(5);
  runtime.advance(1_000);
  assert.deepEqual(told(), [['up', 1, 0]]);
  for (let second = 0; second < 12; second++) {
    runtime.advance(1_000);
    history.now();
  }
  assert.deepEqual(told(), []);
  table.inflight[4] = 2;
  assert.deepEqual((runtime.advance(1_000), told()), [['up', 0, 2]]);
  table.inflight[4] = 0;
  table.state[4] = DOWN;
  assert.deepEqual((runtime.advance(1_000), told()), [['down', 0, 0]]);
});

test('the revision rises when a state changes, and only then', () => {
  const { runtime, table, history } = setUp();
  history.start();
  history.now();
  runtime.advance(2_000);
  const before = history.now().revision;
  runtime.advance(2_000);
  assert.equal(history.now().revision, before);
  table.state[4] = DOWN;
  runtime.advance(1_000);
  const after = history.now();
  assert.equal(after.revision, before + 1);
  assert.equal(after.services['web']!.state, 'down');
});

test('who follows gets one each second; who is slow the last', async () => {
  const { runtime, history } = setUp();
  history.start();
  const end = new AbortController();
  const source = history.follow(end.signal);
  runtime.advance(5_000);
  const seen: TrafficSnapshot[] = [];
  for await (const snapshot of source) {
    seen.push(snapshot);
    if (seen.length === 2) break;
    runtime.advance(1_000);
  }
  assert.deepEqual(
    seen.map(({ at }) => at - 1_700_000_000_000),
    [5_000, 6_000],
  );
});

test('series are kept whether or not anybody looks, in seconds and in tens of them', () => {
  const { runtime, history, request } = setUp();
  history.start();
  for (let second = 0; second < 40; second++) {
    runtime.advance(1_000);
    for (let count = 0; count < 30; count++) request(5);
  }
  runtime.advance(1_000);
  const fine = history.series('web', 60)!;
  assert.deepEqual([fine.stepSeconds, fine.at.length, fine.values['rps']!.at(-1)], [1, 41, 30]);
  const coarse = history.series('web', 3_600)!;
  assert.deepEqual([coarse.stepSeconds, coarse.at.length, coarse.values['rps']!.at(-1)], [10, 4, 30]);
  assert.equal(history.series('nobody', 60), null);
  assert.deepEqual(Object.keys(history.series(null, 60)!.values), ['rps', 'errorRps', 'p50Ms', 'p95Ms', 'p99Ms', 'inflight']);
});

test('a service that went takes its series along, and nothing runs after the end', () => {
  const { runtime, running, history } = setUp();
  history.start();
  runtime.advance(3_000);
  running.plan = { ...running.plan, generation: 2, services: [] };
  running.slots = { ...SLOTS, services: {}, endpoints: {} };
  runtime.advance(1_000);
  assert.equal(history.series('web', 60), null);
  history.stop();
  assert.equal(runtime.waiting, 0);
});
