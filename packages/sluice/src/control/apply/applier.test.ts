import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EndpointPlan, NO_CHALLENGES, type Plan } from '../../config/plan.ts';
import type { SlotMap } from '../../config/worker-protocol.ts';
import { DRAINING, endpointTable } from '../../core/balancing/endpoint-table.ts';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { endpointPlan, listenerPlan, servicePlan, testPlan } from '../../../test/support/plans.ts';
import { Applier, type Loaded } from './applier.ts';
import { DepartureWatch } from './departure-watch.ts';
import { NamedSlots } from './named-slots.ts';
import { SlotBook } from './slot-book.ts';
import { SlotSource } from './slot-source.ts';

const [A, B, C] = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'] as const;

function setUp(first: Plan) {
  const runtime = manualRuntime();
  const table = endpointTable();
  const world = {
    loaded: { ok: true, plan: first } as Loaded,
    found: null as EndpointPlan[] | null,
    challenges: NO_CHALLENGES,
    workerErrors: [] as string[],
    listenFault: null as string | null,
    hasIpv6: true,
  };
  const applied: { plan: Plan; slots: SlotMap }[] = [];
  const followed: number[] = [];
  const kind = (isQuiet: (slot: number) => boolean = () => true): NamedSlots =>
    new NamedSlots({ source: new SlotSource(8), isQuiet, prepare: () => {}, clear: () => {} });
  const book = new SlotBook({
    listeners: kind(),
    routes: kind(),
    services: kind(),
    endpoints: kind((slot) => table.inflight[slot] === 0),
  });
  const mark = (slots: { slot: number }, bits: number): void => void (table.state[slots.slot] = bits);
  const applier: Applier = new Applier({
    runtime,
    load: () => Promise.resolve(world.loaded),
    providers: [{ endpointsOf: (service) => (service === 'found' ? (world.found ?? []) : null), traits: () => null }],
    certificates: {
      get challenges() {
        return world.challenges;
      },
      staple: () => null,
    },
    book,
    followers: [{ apply: (plan) => followed.push(plan.generation) }],
    workers: {
      apply: (plan, slots) => {
        applied.push({ plan, slots });
        return Promise.resolve(world.workerErrors.splice(0));
      },
    },
    mark,
    say: () => {},
    freePort: () => Promise.resolve(4_321),
    hasIpv6: () => Promise.resolve(world.hasIpv6),
    listenFault: () => Promise.resolve(world.listenFault),
    applied: () => watch.wake(),
  });
  const watch = new DepartureWatch({ runtime, table, applier, book });
  const runs = (): string[] => applier.running?.plan.services.flatMap((service) => service.endpoints.map((end) => end.address)) ?? [];
  const slotOf = (address: string): number => applied.at(-1)?.slots.endpoints['web']?.[address] ?? -1;
  /** Lets 20 ms pass, and the changes that they bring. */
  const look = async (ms = 20): Promise<void> => {
    runtime.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { runtime, table, world, applied, followed, applier, runs, slotOf, look };
}

const web = (...addresses: string[]): Plan => testPlan([servicePlan('web', addresses)]);

test('a plan is applied with rows for everything in it, health first', async () => {
  const { applier, applied, followed } = setUp(web(A, B));
  const result = await applier.reload();
  assert.equal(result.ok && result.generation, 1);
  assert.deepEqual(followed, [1]);
  assert.deepEqual(applied[0]?.slots.endpoints, { web: { [A]: 0, [B]: 1 } });
});

test('a proof for an ACME server is a change of its own, and so is its end', async () => {
  const { applier, applied, world } = setUp(web(A));
  await applier.reload();
  world.challenges = { http: [{ token: 'a', keyAuthorization: 'a.b' }], tls: [] };
  const result = await applier.refresh();
  assert.deepEqual(result.ok && result.changes, ['settings: acmeChallenges']);
  assert.deepEqual(applied.at(-1)?.plan.acmeChallenges, world.challenges);
  assert.equal(applied.at(-1)?.plan.routes, applied[0]?.plan.routes);
  world.challenges = NO_CHALLENGES;
  await applier.refresh();
  assert.deepEqual([applied.length, applied.at(-1)?.plan.acmeChallenges], [3, NO_CHALLENGES]);
});

test('a configuration that says the same changes nothing', async () => {
  const { applier, applied } = setUp(web(A));
  await applier.reload();
  const again = await applier.reload();
  assert.deepEqual(again.ok && again.changes, []);
  assert.equal(applied.length, 1);
});

test('a wrong configuration leaves the old one running and reports every fault', async () => {
  const { applier, world, runs } = setUp(web(A));
  await applier.reload();
  world.loaded = { ok: false, faults: ['one', 'two'] };
  assert.deepEqual(await applier.reload(), { ok: false, faults: ['one', 'two'], isMisconfigured: true });
  assert.deepEqual(runs(), [A]);
});

test('a plan that a worker cannot run is undone', async () => {
  const { applier, world, applied, followed } = setUp(web(A));
  await applier.reload();
  world.loaded = { ok: true, plan: web(A, B) };
  world.workerErrors = ['worker 0: no'];
  assert.deepEqual(await applier.reload(), { ok: false, faults: ['worker 0: no'], isMisconfigured: false });
  assert.deepEqual(
    applied.at(-1)?.plan.services[0]?.endpoints.map(({ address }) => address),
    [A],
  );
  assert.equal(applier.running?.plan.generation, 3, 'the old plan under a new number');
  assert.deepEqual(followed, [1, 2, 3]);
  world.loaded = { ok: true, plan: web(A, B) };
  assert.equal((await applier.reload()).ok, true);
});

test('a removed endpoint drains: marked, kept while it is busy, then gone, and its row is free', async () => {
  const { applier, world, table, runs, slotOf, look } = setUp(web(A, B));
  await applier.reload();
  const slot = slotOf(B);
  table.inflight[slot] = 1;
  world.loaded = { ok: true, plan: web(A) };
  await applier.reload();
  assert.deepEqual(runs(), [A, B]);
  assert.equal(table.state[slot], DRAINING);
  await look();
  assert.deepEqual(runs(), [A, B]);
  table.inflight[slot] = 0;
  await look();
  assert.deepEqual(runs(), [A]);
  world.loaded = { ok: true, plan: web(A, C) };
  await applier.reload();
  assert.equal(slotOf(C), slot);
});

test('at its deadline a removed endpoint goes, but its row waits for the last request', async () => {
  const { applier, world, table, runs, slotOf, look } = setUp(web(A, B));
  await applier.reload();
  const slot = slotOf(B);
  table.inflight[slot] = 1;
  world.loaded = { ok: true, plan: web(A) };
  await applier.reload();
  await look(1_000);
  assert.deepEqual(runs(), [A]);
  world.loaded = { ok: true, plan: web(A, C) };
  await applier.reload();
  assert.notEqual(slotOf(C), slot);
});

test('a removed endpoint of a sticky service stays until the deadline', async () => {
  const affinity = { kind: 'ip' } as never;
  const { applier, world, runs, look } = setUp(testPlan([servicePlan('web', [A, B], { affinity })]));
  await applier.reload();
  world.loaded = { ok: true, plan: testPlan([servicePlan('web', [A], { affinity })]) };
  await applier.reload();
  await look(500);
  assert.deepEqual(runs(), [A, B]);
  await look(500);
  assert.deepEqual(runs(), [A]);
});

test('an endpoint that comes back while it drains is used again', async () => {
  const { applier, world, table, slotOf, runs, look } = setUp(web(A, B));
  await applier.reload();
  table.inflight[slotOf(B)] = 1;
  world.loaded = { ok: true, plan: web(A) };
  await applier.reload();
  world.loaded = { ok: true, plan: web(A, B) };
  await applier.reload();
  assert.equal(table.state[slotOf(B)], 0);
  await look(5_000);
  assert.deepEqual(runs(), [A, B]);
});

test('a removed service stays without routes while one of its endpoints is busy', async () => {
  const { applier, world, table, runs, slotOf, look } = setUp(web(A));
  await applier.reload();
  const slot = slotOf(A);
  table.inflight[slot] = 2;
  world.loaded = { ok: true, plan: testPlan([]) };
  await applier.reload();
  assert.deepEqual(runs(), [A]);
  table.inflight[slot] = 0;
  await look();
  assert.deepEqual(applier.running?.plan.services, []);
});

test('what a provider finds is applied without reading the configuration again', async () => {
  const { applier, world, runs } = setUp(testPlan([servicePlan('found', []), servicePlan('web', [A])]));
  await applier.reload();
  assert.deepEqual(runs(), [A]);
  world.found = [endpointPlan(B)];
  world.loaded = { ok: false, faults: ['broken meanwhile'] };
  assert.equal((await applier.refresh()).ok, true);
  assert.deepEqual(runs(), [B, A]);
});

test('nothing is polled while nothing drains', async () => {
  const { applier, runtime, look } = setUp(web(A));
  await applier.reload();
  await look();
  assert.equal(runtime.waiting, 0);
});

test('port 0 becomes a port that a reload keeps; an address in use is a fault of the plan', async () => {
  const { applier, world } = setUp(testPlan([], { listeners: [listenerPlan('web', 0)] }));
  await applier.reload();
  assert.deepEqual(applier.running?.plan.listeners[0]?.address, { kind: 'tcp', host: '127.0.0.1', port: 4_321 });
  world.listenFault = '127.0.0.1:80 is in use';
  assert.equal((await applier.reload()).ok, true, 'what is open already is not tried');
  world.loaded = { ok: true, plan: testPlan([], { listeners: [listenerPlan('web', 80)] }) };
  assert.deepEqual(await applier.reload(), {
    ok: false,
    faults: ['listener "web": 127.0.0.1:80 is in use'],
    isMisconfigured: false,
  });
});

test('without IPv6, every interface is every IPv4 interface', async () => {
  const listener = { ...listenerPlan('web', 80), address: { kind: 'tcp', host: '::', port: 80 } } as const;
  const { applier, world } = setUp(testPlan([], { listeners: [listener] }));
  world.hasIpv6 = false;
  await applier.reload();
  assert.deepEqual(applier.running?.plan.listeners[0]?.address, { kind: 'tcp', host: '0.0.0.0', port: 80 });
});

test('after its close, nothing is changed any more', async () => {
  const { applier, world, runs } = setUp(web(A));
  await applier.reload();
  await applier.close();
  world.loaded = { ok: true, plan: web(B) };
  assert.equal((await applier.reload()).ok, false);
  assert.deepEqual(runs(), [A]);
});
