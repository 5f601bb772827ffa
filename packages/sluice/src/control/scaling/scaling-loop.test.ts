import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FleetPlan, NO_FLEET } from '../../config/fleet-plan.ts';
import { endpointTable, resetEndpoint } from '../../core/balancing/endpoint-table.ts';
import type { Decision } from '../../core/scaling/decision.ts';
import type { ScalingSample } from '../../core/scaling/sample.ts';
import type { EventRecord } from '../../observe/events.ts';
import { MetricBoard } from '../../observe/metric-board.ts';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import {
  type FakeScaledService,
  fakeScaledService,
  fleetServicePlan,
  instanceView,
  targetPolicy,
} from '../../../test/support/scaled-service.ts';
import { type RebalanceOrder, ScalingLoop } from './scaling-loop.ts';
import type { ServiceScaler } from './service-scaling.ts';

const SLOT = 3;

/** Decides on nothing but the figure "in-flight", 20 to an instance, and what it is told to keep to. */
function plainScaler(service: string, samples: ScalingSample[]): ServiceScaler {
  return {
    update() {},
    exportHistory: () => null,
    importHistory: () => false,
    decide(sample): Decision {
      samples.push(sample);
      const raw = Math.ceil((sample.figures.get('in-flight')?.value ?? 0) / 20);
      const wanted = sample.manual ?? Math.min(raw, sample.ceiling?.limit ?? raw);
      const action = wanted === sample.wanted ? 'none' : wanted > sample.wanted ? 'out' : 'in';
      const { ready, warm, starting } = sample;
      const counts = { ready, warm, starting, wanted: sample.wanted };
      const reason = `in flight: ${wanted} wanted`;
      return { service, at: sample.wall, counts, answers: [], winner: null, raw, bounds: [], wanted, action, reason, victims: [] };
    },
  };
}

function setUp(service: FakeScaledService, budget: FleetPlan['budget'] = NO_FLEET.budget) {
  const runtime = manualRuntime();
  const table = endpointTable();
  const board = new MetricBoard(1);
  const samples: ScalingSample[] = [];
  const events: EventRecord[] = [];
  const rebalanced: RebalanceOrder[] = [];
  const loop = new ScalingLoop({
    runtime,
    table,
    board,
    say: (level, what, detail) => events.push({ level, what, detail }),
    scaler: (name) => plainScaler(name, samples),
    fleet: () => ({ budget, directory: null }),
    ask: () => Promise.reject(new Error('nobody is asked')),
    cron: () => Promise.reject(new Error('no schedule')),
    rebalance: (order) => rebalanced.push(order),
  });
  const addresses = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`127.0.0.1:${4_001 + index}`, index]));
  const slots = { listeners: {}, routes: {}, services: { [service.name]: SLOT }, endpoints: { [service.name]: addresses } };
  for (let slot = 0; slot < 8; slot++) resetEndpoint(table, slot);
  void loop.follow([service], slots);
  loop.start();
  return { runtime, table, board, samples, events, rebalanced, loop, slots };
}

const IN_FLIGHT = { scale: [targetPolicy('in-flight', 20)] };

test('each second the number follows what is in flight, queued and parked, and the log says why', () => {
  const service = fakeScaledService('users', 4, IN_FLIGHT);
  const { runtime, table, events, loop } = setUp(service);
  table.serviceInflight[SLOT] = 70;
  table.serviceQueued[SLOT] = 10;
  table.serviceParked[SLOT] = 3;
  runtime.advance(1_000);
  assert.deepEqual(service.wishes, [5]);
  assert.deepEqual(events, [
    { level: 'info', what: 'scaled', detail: { service: 'users', from: 4, to: 5, reason: 'in flight: 5 wanted' } },
  ]);
  runtime.advance(3_000);
  assert.deepEqual(service.wishes, [5], 'what is wanted already is not asked for again');
  assert.equal(loop.lastDecision('users')?.action, 'none');
});

test('a decision that takes instances away names who goes', () => {
  const service = fakeScaledService('users', 4, IN_FLIGHT);
  const { runtime, table, events, loop } = setUp(service);
  table.serviceInflight[SLOT] = 35;
  runtime.advance(1_000);
  assert.equal(events[0]?.detail['ended'], 'users.3 users.4');
  const [decision] = loop.decisions('users', 10);
  assert.deepEqual(
    decision?.victims.map(({ id }) => id),
    ['users.3', 'users.4'],
  );
});

test('a request that waits is decided on at once; many of them are one reason', () => {
  const service = fakeScaledService('users', 0, IN_FLIGHT);
  const { runtime, table, samples, loop } = setUp(service);
  runtime.advance(1_100);
  assert.equal(samples.length, 1);
  table.serviceParked[SLOT] = 1;
  loop.wakeRow(SLOT);
  assert.deepEqual(service.wishes, [1]);
  for (let worker = 0; worker < 8; worker++) loop.wakeRow(SLOT);
  loop.wake('users');
  loop.wakeRow(SLOT + 1);
  assert.equal(samples.length, 2);
  runtime.advance(60);
  assert.equal(samples.length, 3, 'those that came within 50 ms are looked at together');
  runtime.advance(500);
  assert.equal(samples.length, 3);
});

test('what a person fixed and what the machine has room for reach the decision', () => {
  const service = fakeScaledService('users', 1, IN_FLIGHT);
  service.plan = fleetServicePlan('users', IN_FLIGHT, { cpu: 0.5, memoryBytes: 1_048_576 });
  const { runtime, table, samples } = setUp(service, { cpu: 1.2, memoryBytes: null });
  table.serviceInflight[SLOT] = 100;
  runtime.advance(1_000);
  assert.deepEqual(service.wishes, [2]);
  assert.deepEqual(samples[0]?.ceiling, {
    limit: 2,
    detail: "the machine's 1.2 cores have room for 2, beside what the other services want",
  });
  service.manual = 7;
  runtime.advance(1_000);
  assert.deepEqual(service.wishes, [2, 7]);
});

test('decisions that saw the same are kept once, those that changed something for long', () => {
  const service = fakeScaledService('users', 1, IN_FLIGHT);
  const { runtime, table, loop } = setUp(service);
  table.serviceInflight[SLOT] = 50;
  runtime.advance(10_000);
  const decisions = loop.decisions('users', 100);
  assert.deepEqual(
    decisions.map(({ action }) => action),
    ['none', 'out'],
  );
  assert.equal(decisions[0]!.at - decisions[1]!.at, 9_000, 'the last of them');
  for (let second = 0; second < 1_000; second++) {
    service.views = Array.from({ length: 1 + (second % 2) }, (_, index) => instanceView(`users.${index}`, `127.0.0.1:${4_001 + index}`));
    runtime.advance(1_000);
  }
  const later = loop.decisions('users', 1_000);
  assert.equal(later.length, 251);
  assert.equal(later.at(-1)?.action, 'out');
  assert.equal(loop.decisions('users', 5).length, 5);
  assert.deepEqual(loop.decisions('nobody', 5), []);
  assert.deepEqual(
    loop.decisions('users', 5, true).map(({ action, at }) => [action, at]),
    [
      ['none', later[0]!.at],
      ['out', later.at(-1)!.at],
    ],
    'now, and why there are as many',
  );
  service.manual = 4;
  runtime.advance(1_000);
  const [last] = loop.decisions('users', 1, true);
  assert.equal(last?.action, 'out', 'a change that is the last of all comes once');
  assert.equal(loop.decisions('users', 1, true).length, 1);
});

test('after a scale-out the most loaded instances close some of their connections, as soon as the new one is ready', () => {
  const service = fakeScaledService('chat', 2, { ...IN_FLIGHT, rebalance: { share: 0.05, everyMs: 10_000, above: 1.2 } });
  const { runtime, table, rebalanced } = setUp(service);
  table.inflight.set([30, 20]);
  table.serviceInflight[SLOT] = 50;
  runtime.advance(1_000);
  assert.deepEqual(service.wishes, [3]);
  runtime.advance(5_000);
  assert.deepEqual(rebalanced, [], 'nobody is there yet who could take them');
  service.views.push(instanceView('chat.3', '127.0.0.1:4003'));
  runtime.advance(1_000);
  assert.deepEqual(rebalanced, [{ service: SLOT, endpoint: 0, share: 0.05, spreadMs: 7_000 }]);
  runtime.advance(8_000);
  assert.equal(rebalanced.length, 1, 'not before everyMs');
  table.inflight.set([18, 16, 16]);
  runtime.advance(5_000);
  table.inflight.set([40, 5, 5]);
  runtime.advance(60_000);
  assert.equal(rebalanced.length, 1, 'even once, what is uneven later is none of its business');
});

test('a service without a row is left alone until it has one; one that is gone is not scaled any more', () => {
  const service = fakeScaledService('users', 0, IN_FLIGHT);
  const { runtime, samples, loop, slots } = setUp(service);
  void loop.follow([service], { ...slots, services: {} });
  runtime.advance(5_000);
  assert.equal(samples.length, 0);
  void loop.follow([service], slots);
  runtime.advance(2_000);
  assert.equal(samples.length, 2);
});

test('after its end nothing is left that would run', async () => {
  const service = fakeScaledService('users', 0, IN_FLIGHT);
  const { runtime, samples, loop, slots } = setUp(service);
  loop.wake('users');
  loop.wake('users');
  await loop[Symbol.asyncDispose]();
  assert.equal(runtime.waiting, 0);
  const signal = { kind: 'url', url: 'http://127.0.0.1:1', pointer: '', pollMs: 1_000, per: 'service' } as const;
  const policy = { policy: 'target', name: 'url', signal, target: 1, stableMs: 1_000, panic: null } as const;
  await loop.follow([fakeScaledService('users', 0, { scale: [policy] })], slots);
  assert.equal(runtime.waiting, 0);
  loop.wake('users');
  runtime.advance(5_000);
  assert.equal(samples.length, 1);
});
