import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import type { Running } from '../control/apply/applier.ts';
import { servicePlan } from '../../test/support/plans.ts';
import { HealthWorld, slotsFor } from '../../test/support/health-world.ts';
import { figuresOf } from './fleet-figures.ts';

const A = '10.0.0.1:80';

/** A drain of 10 s that has begun; `inflight` requests are under way. */
function draining(inflight: number, world: HealthWorld = new HealthWorld()) {
  const services = [servicePlan('web', [A])];
  const running = { slots: slotsFor(services) } as unknown as Running;
  world.apply(services);
  world.table.inflight[0] = inflight;
  return {
    world,
    begin: () => {
      let left: number | null = null;
      const { drain } = figuresOf({ table: world.table, board: null!, health: world.monitor, running: () => running }, world.runtime);
      void drain('web', A, 10_000).then((still) => (left = still));
      return () => left;
    },
  };
}

test('an instance that goes goes, whatever the operator does with its endpoint: what is in flight has its time', async () => {
  const { world, begin } = draining(2);
  const left = begin();
  await world.pass(1_000);
  equal(world.monitor.undrain('web', A), 'undrained');
  await world.pass(1_000);
  equal(left(), null);
  equal(world.bits(1)[0] === 0, false, 'nothing new is sent to it');
  world.table.inflight[0] = 0;
  await world.pass(100);
  equal(left(), 0);
});

test('a drain by the operator that has ended at an earlier deadline takes no time from what is in flight', async () => {
  const { world, begin } = draining(2);
  void world.monitor.drain('web', A, 500);
  await world.pass(1_000);
  const left = begin();
  await world.pass(9_900);
  equal(left(), null);
  await world.pass(200);
  equal(left(), 2);
});

test('the status says that the fleet drains it, not the operator; who takes it back takes it back', async () => {
  const { world, begin } = draining(2);
  const reason = () => world.monitor.status()[0]!.endpoints[0]!.reason;
  begin();
  await world.pass(100);
  equal(reason(), 'fleet: drained, for its instance is to end');
  await world.pass(10_000);
  equal(world.monitor.undrain('web', A), 'undrained');
  equal(reason(), null);
  void world.monitor.drain('web', A, 500);
  equal(reason(), 'operator: drained by the operator');
});

test('nobody asks again when health has ended', async () => {
  const { world, begin } = draining(2);
  const left = begin();
  await world.monitor[Symbol.asyncDispose]();
  await world.pass(10_100);
  equal(left(), 2);
});
