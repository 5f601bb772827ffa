/** How fast those who wait are let go, and what a closed lot does; mostly without sockets. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { instant } from '../../base/time.ts';
import { endpointTable } from '../../core/balancing/endpoint-table.ts';
import { BREAKER_HALF_OPEN, BREAKER_OPEN } from '../../core/limiting/breaker-trials.ts';
import { MetricBoard } from '../../observe/metric-board.ts';
import { WorkerMetrics } from '../../observe/worker-metrics.ts';
import { hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { startServicePlane } from '../../../test/support/service-plane.ts';
import { eventually } from '../../../test/support/waiting.ts';
import type { WorkerContext } from '../worker-context.ts';
import { type Parkable, ParkingLot, type ParkingOwner } from './parking-lot.ts';

interface Item extends Parkable {
  readonly id: number;
  attempts: number;
}

function itemOf(id: number): Item {
  return { id, isOver: false, shedPriority: 'normal', attempts: 0, heldBytes: 10, tried: [], leaveQueue: null, parked: null };
}

/** A lot whose worker's turns end when the test says so. */
function setUp(context: TestContext) {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const tasks: (() => void)[] = [];
  const time = { now: 1_000 };
  const table = endpointTable();
  const worker = {
    index: 0,
    table,
    metrics: new WorkerMetrics(new MetricBoard(1).buffer, 0),
    clock: { now: () => instant(time.now) },
    say: () => {},
    later: (task: () => void) => void tasks.push(task),
  } as unknown as WorkerContext;
  const plan = servicePlan('web', [], { parking: { requestsMax: 1_000, bytesMax: 100_000, waitMs: 30_000 } });
  const lot = new ParkingLot({ worker, slot: 0, plan });
  const placed: number[] = [];
  const refused: string[] = [];
  const owner: ParkingOwner<Item> & { asked: number; takes: (item: Item) => boolean } = {
    asked: 0,
    takes: () => true,
    find(item) {
      this.asked++;
      return this.takes(item) ? 5 : -1;
    },
    admits: () => true,
    place: (item) => void placed.push(item.id),
    refuse: (item, reason) => void refused.push(`${item.id} ${reason}`),
  };
  const turn = (): void => {
    for (const task of tasks.splice(0)) task();
  };
  const park = (item: Item): string => lot.park(item, owner, instant(time.now));
  return { lot, plan, owner, placed, refused, time, table, turn, park, tick: (ms: number) => context.mock.timers.tick(ms) };
}

test('128 go in 5 ms, in their order; whoever comes meanwhile can tell', (context) => {
  const { lot, placed, time, turn, park, tick } = setUp(context);
  for (let id = 0; id < 300; id++) assert.equal(park(itemOf(id)), 'parked');
  lot.schedule();
  turn();
  assert.deepEqual([placed.length, lot.isPacing, lot.isHolding], [128, true, true]);
  time.now += 4;
  lot.serve(instant(time.now));
  assert.equal(placed.length, 128);
  time.now += 1;
  tick(5);
  turn();
  assert.deepEqual([placed.length, lot.isPacing], [256, true]);
  time.now += 5;
  tick(5);
  turn();
  assert.deepEqual([placed.length, lot.isPacing, lot.isHolding, lot.size], [300, false, false, 0]);
  assert.deepEqual(
    placed,
    Array.from({ length: 300 }, (_, id) => id),
  );
});

test('when nobody takes anything, one question is enough; who was refused somewhere does not hold up the others', (context) => {
  const { lot, owner, placed, time, park } = setUp(context);
  park({ ...itemOf(0), attempts: 1, tried: [5] });
  for (let id = 1; id < 10; id++) park(itemOf(id));
  owner.takes = () => false;
  lot.serve(instant(time.now));
  assert.equal(owner.asked, 2);
  owner.takes = ({ tried }) => tried.length === 0;
  lot.serve(instant(time.now));
  assert.deepEqual(placed, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  lot.serve(instant(time.now + 1_000));
  assert.equal(placed.at(-1), 0, 'after a second it may be asked again');
});

test('of a crowd that every instance has failed a look asks for 128; once a second has passed, for one', (context) => {
  const { lot, owner, time, park } = setUp(context);
  for (let id = 0; id < 900; id++) park({ ...itemOf(id), attempts: 1, tried: [5] });
  owner.takes = () => false;
  lot.serve(instant(time.now));
  assert.equal(owner.asked, 128);
  owner.asked = 0;
  lot.serve(instant(time.now + 1_000));
  assert.equal(owner.asked, 1);
});

test('while the breaker is open nobody is taken in, but in a pause', (context) => {
  const { lot, table, plan, park } = setUp(context);
  table.breakerState[0] = BREAKER_OPEN;
  assert.deepEqual([lot.takes(itemOf(1)), park(itemOf(1)), lot.size], [false, 'full', 0]);
  Object.assign(plan, { isPaused: true });
  assert.deepEqual([lot.takes(itemOf(1)), park(itemOf(1)), lot.size], [true, 'parked', 1]);
  Object.assign(plan, { isPaused: false });
  table.breakerState[0] = BREAKER_HALF_OPEN;
  assert.equal(park(itemOf(2)), 'parked');
});

test('whoever comes while others are let go little by little goes after them', async () => {
  const asked: string[] = [];
  await using origin = await hostileOrigin(async (connection) => {
    await connection.head();
    asked.push(connection.received.split(' ')[1]!);
    connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  });
  const service = servicePlan('web', [`127.0.0.1:${origin.port}`], { parking: { requestsMax: 10, bytesMax: 100_000, waitMs: 30_000 } });
  await using world = await startServicePlane([{ ...service, isPaused: true }]);
  const { lot } = world.plane.service('web')!;
  lot['gone'] = 128;
  lot['wentAt'] = Infinity; // out of breath until the test says otherwise
  const clients: RawClient[] = [];
  const ask = async (path: string): Promise<void> => {
    const client = await RawClient.open(world.port);
    clients.push(client);
    client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await eventually(2_000, `${path} waits`, () => world.table.serviceParked[0] === clients.length);
  };
  await ask('/1');
  await world.apply([service]);
  await eventually(2_000, 'it could go', () => lot.isPacing);
  await ask('/2');
  assert.deepEqual(asked, []);
  lot['gone'] = 0;
  for (const client of clients) await client.until('200', (text) => text.includes(' 200 '));
  assert.equal(asked.length, 2);
  for (const { socket } of clients) socket.destroy();
});

test('a closed lot refuses whom it has and takes nobody', (context) => {
  const { lot, refused, table, park } = setUp(context);
  park(itemOf(1));
  lot.close();
  assert.deepEqual(refused, ['1 no-endpoint']);
  assert.equal(park(itemOf(2)), 'no');
  assert.equal(lot.takes(itemOf(3)), false);
  assert.deepEqual([table.serviceParked[0], table.serviceParkedBytes[0]], [0, 0]);
});
