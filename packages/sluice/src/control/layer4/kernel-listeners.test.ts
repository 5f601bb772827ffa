/** How plans, states and names come to the kernel, and what a kernel that cannot does to a change. The kernel is the test's; the real one is in `test/integration`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { streamPlan } from '../../../test/support/layer4-plane.ts';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { servicePlan, testPlan } from '../../../test/support/plans.ts';
import type { Plan } from '../../config/plan.ts';
import type { SlotMap } from '../../config/worker-protocol.ts';
import { DOWN, endpointTable, resetEndpoint } from '../../core/balancing/endpoint-table.ts';
import { NftError } from '../../io/nft.ts';
import { MetricBoard } from '../../observe/metric-board.ts';
import { KernelListeners } from './kernel-listeners.ts';

const ADDRESSES = ['10.0.0.1:80', '10.0.0.2:80'];

function kernelPlan(endpoints: readonly string[] = ADDRESSES, table = 'main'): Plan {
  const kernel = { table, masquerade: 'auto', onDown: 'keep' } as const;
  const address = { kind: 'tcp', host: '10.0.0.9', port: 5432 } as const;
  return testPlan([servicePlan('db', endpoints)], { listeners: [streamPlan('db', 5432, 'db', { engine: 'kernel', kernel, address })] });
}

function setUp() {
  const runtime = manualRuntime();
  const table = endpointTable();
  const world = {
    scripts: [] as string[],
    fault: null as NftError | null,
    holder: null as number | null,
    released: 0,
    said: [] as string[],
    flows: 0,
  };
  const check = async (): Promise<void> => {
    if (world.fault !== null) throw world.fault;
  };
  const listeners = new KernelListeners({
    runtime,
    table,
    metrics: new MetricBoard(1).control,
    say: (_level, what, detail) => void world.said.push(`${what} ${detail['reason'] ?? ''}`),
    nft: {
      apply: async (script) => {
        await check();
        world.scripts.push(script);
      },
      hasTable: () => check().then(() => false),
      counters: async () => new Map(),
    },
    network: { addresses: () => ['10.0.0.9'], networks: () => [], isForwarding: () => true },
    forget: async () => null,
    listFlows: async (_listener, each) => {
      for (let flow = 0; flow < world.flows; flow++) each({ address: '10.0.0.1', port: 80 });
      return null;
    },
    lookup: (_name, _options, done) => done(null, [{ address: '10.0.0.7', family: 4 }]),
    claim: async () =>
      world.holder === null ? { isOurs: true, release: () => void world.released++ } : { isOurs: false, pid: world.holder },
  });
  /** Lets pass what waits for the table, which is written once in 50 ms. */
  const during = async <Result>(work: Promise<Result>, ms = 100): Promise<Result> => {
    let isOver = false;
    void work.finally(() => (isOver = true)).catch(() => {});
    for (let round = 0; round < 200 && !isOver; round++) {
      await turn();
      runtime.advance(ms / 20);
    }
    return work;
  };
  const advance = async (ms: number): Promise<void> => {
    for (let round = 0; round < 20; round++) {
      runtime.advance(ms / 20);
      await turn();
    }
  };
  const slotsOf = ({ services }: Plan): SlotMap => {
    const own = Object.fromEntries(services[0]!.endpoints.map(({ address }, slot) => [address, slot]));
    return { listeners: { db: 0 }, routes: {}, services: { db: 0 }, endpoints: { db: own } };
  };
  for (let slot = 0; slot < 4; slot++) resetEndpoint(table, slot);
  const apply = (plan: Plan) => during(listeners.apply(plan, slotsOf(plan)));
  return { runtime, table, world, listeners, during, advance, apply };
}

test('a plan without kernel listeners touches nothing', async () => {
  const { world, listeners, apply, runtime } = setUp();
  assert.deepEqual(await apply(testPlan([servicePlan('db', ADDRESSES)])), []);
  await listeners[Symbol.asyncDispose]();
  assert.deepEqual([world.scripts, world.released, runtime.waiting], [[], 0, 0]);
});

test('a plan is in force when it is applied; states follow; the end removes the table and gives back the name', async () => {
  const { world, table, listeners, apply, advance } = setUp();
  assert.deepEqual(await apply(kernelPlan()), []);
  assert.match(world.scripts[0]!, /to\/db\/10\.0\.0\.1\/80/);
  table.state[1] = DOWN;
  listeners.changed();
  listeners.changed();
  await advance(500);
  assert.equal(world.scripts.length, 2);
  assert.match(world.scripts[1]!, /slots\/db\/4/);
  await listeners[Symbol.asyncDispose]();
  assert.match(world.scripts.at(-1)!, /delete table inet sluice_main/);
  assert.equal(world.released, 1);
});

test('a kernel that cannot, or may not, is a fault of the change; a later one may do', async () => {
  const { world, apply } = setUp();
  world.fault = new NftError('forbidden', 'needs root');
  assert.deepEqual(await apply(kernelPlan()), ['listener "db": needs root']);
  assert.deepEqual([world.released, world.said], [1, []], 'nothing was begun');
  world.fault = null;
  assert.deepEqual(await apply(kernelPlan()), []);
});

test('so is a table that another program has, and another name for ours', async () => {
  const { world, apply } = setUp();
  world.holder = 77;
  assert.match((await apply(kernelPlan())).join(), /^listener "db": another sluice \(pid 77\) has the nftables table sluice_main: /);
  world.holder = null;
  assert.deepEqual(await apply(kernelPlan()), []);
  assert.match((await apply(kernelPlan(ADDRESSES, 'other'))).join(), /^listener "db": kernelTable stays "main"/);
  assert.deepEqual(await apply(kernelPlan()), []);
});

test('what cannot be described changes nothing', async () => {
  const { world, apply } = setUp();
  await apply(kernelPlan());
  assert.match((await apply(kernelPlan(['127.0.0.1:80']))).join(), /^listener "db": endpoint 127\.0\.0\.1 cannot serve 10\.0\.0\.9/);
  assert.equal(world.scripts.length, 1);
});

test('names are resolved before the plan is in force', async () => {
  const { world, apply } = setUp();
  assert.deepEqual(await apply(kernelPlan(['db.example:80'])), []);
  assert.match(world.scripts[0]!, /to\/db\/10\.0\.0\.7\/80/);
  assert.deepEqual(world.said, []);
});

test('a drain waits for connections, and no longer than its deadline', async () => {
  const { world, listeners, apply, during, advance, table } = setUp();
  await apply(kernelPlan());
  world.flows = 2;
  assert.equal(await during(listeners.drain(1_000), 400), 2);
  const scripts = world.scripts.length;
  // What changes after the drain has begun brings nobody back.
  table.state[1] = DOWN;
  listeners.changed();
  await advance(500);
  assert.equal(world.scripts.length, scripts);
  world.flows = 0;
  assert.equal(await during(listeners.drain(60_000)), 0);
});
