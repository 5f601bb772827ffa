import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { DRAINING, endpointTable, MAINTENANCE } from '../../core/balancing/endpoint-table.ts';
import type { KernelListener } from '../../core/layer4/kernel-description.ts';
import { FlowWatch } from './flow-watch.ts';

const LISTENER: KernelListener = {
  name: 'db',
  protocol: 'tcp',
  host: '::',
  port: 5432,
  method: 'random',
  endpoints: ['10.0.0.1', '10.0.0.2', 'fd00::1'].map((address) => ({ address, port: 80, weight: 1, state: 'up' })),
  masquerade: 'auto',
  onDown: 'keep',
};

function setUp() {
  const runtime = manualRuntime();
  const table = endpointTable();
  const world = { flows: [] as string[], reason: null as string | null, lists: [] as string[], said: [] as string[] };
  const watch = new FlowWatch({
    runtime,
    table,
    list: async ({ family, host, port }, each) => {
      world.lists.push(`${family} ${host} ${port}`);
      for (const address of world.flows) if (address.includes(':') === (family === 6)) each({ address, port: 80 });
      return world.reason;
    },
    say: (_level, what) => void world.said.push(what),
  });
  const slots = new Map(LISTENER.endpoints.map(({ address }, slot) => [address, slot]));
  const scope = {
    description: { listeners: [LISTENER] },
    slotOf: (_listener: string, address: string) => slots.get(address),
    slots: new Set(slots.values()),
  };
  watch.follow(scope);
  const advance = async (ms: number): Promise<void> => {
    runtime.advance(ms);
    for (let round = 0; round < 6; round++) await turn();
  };
  const set = (slot: number, bits: number): void => {
    table.state[slot] = bits;
    watch.review();
  };
  return { runtime, table, world, watch, scope, advance, set };
}

test('nothing is counted while nobody waits', async () => {
  const { world, advance, runtime } = setUp();
  await advance(60_000);
  assert.deepEqual([world.lists, runtime.waiting], [[], 0]);
});

test('who drains has connections until the count says otherwise, and then as many as there are', async () => {
  const { table, world, advance, set, runtime } = setUp();
  world.flows = ['10.0.0.1', '10.0.0.1', 'fd00::1', '10.9.9.9'];
  table.inflight[0] = 5;
  set(0, DRAINING);
  assert.equal(table.inflight[0], 6);
  await advance(250);
  assert.deepEqual(world.lists, ['4 null 5432', '6 null 5432']);
  assert.deepEqual([...table.inflight.subarray(0, 3)], [7, 0, 0]);
  world.flows = ['10.0.0.1'];
  await advance(1_000);
  assert.equal(table.inflight[0], 6);
  world.flows = [];
  await advance(1_000);
  assert.equal(table.inflight[0], 5);
  assert.equal(runtime.waiting, 0, 'nothing more to wait for');
});

test('a count that began before the drain was in force says nothing about it', async () => {
  const { table, advance, set } = setUp();
  set(0, DRAINING);
  await advance(200);
  set(1, DRAINING);
  await advance(50);
  assert.deepEqual([...table.inflight.subarray(0, 2)], [0, 1]);
  await advance(1_000);
  assert.equal(table.inflight[1], 0);
});

test('the end of a drain, or of the endpoint, takes back what was counted', async () => {
  const { table, world, watch, scope, advance, set, runtime } = setUp();
  world.flows = ['10.0.0.1', '10.0.0.2'];
  set(0, DRAINING);
  set(1, DRAINING);
  await advance(250);
  set(0, 0);
  assert.deepEqual([...table.inflight.subarray(0, 2)], [0, 1]);
  watch.follow({ ...scope, slots: new Set([0, 2]) });
  assert.equal(table.inflight[1], 0);
  await advance(1_000);
  assert.equal(runtime.waiting, 0);
});

test('once its time is over nobody waits, but what is there stays told', async () => {
  const { table, world, advance, set, runtime } = setUp();
  world.flows = ['10.0.0.1'];
  set(0, DRAINING);
  await advance(250);
  set(0, DRAINING | MAINTENANCE);
  await advance(1_000);
  assert.deepEqual([table.inflight[0], runtime.waiting], [1, 0]);
});

test('where nothing can be counted, a drain takes the time that it has; said once', async () => {
  const { table, world, watch, advance, set } = setUp();
  world.reason = 'conntrack is not installed';
  set(0, DRAINING);
  await advance(250);
  await advance(1_000);
  assert.equal(table.inflight[0], 1);
  assert.deepEqual(world.said, ['kernel-layer4-uncounted']);
  assert.equal(await watch.total(), null);
});
