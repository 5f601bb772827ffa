import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUCKET_COUNT } from '../../base/histogram.ts';
import { ROLLING, RolloutWorld } from '../../../test/support/rollout-world.ts';
import type { DeployPlan } from './deploy-policy.ts';
import type { RolloutWorld as World } from '../../../test/support/rollout-world.ts';

const count = (amount: number) => ({ by: 'count', amount }) as const;
const CANARY: DeployPlan = {
  ...ROLLING,
  strategy: 'canary',
  canary: [
    { share: 0.1, pauseMs: 60_000 },
    { share: 0.5, pauseMs: null },
  ],
};
const BLUE_GREEN: DeployPlan = { ...ROLLING, strategy: 'blue-green' };
const GUARDED: DeployPlan = { ...CANARY, guard: { errorMargin: 0.01, latencyMargin: 0.2, requestsMin: 100, significance: 0.01 } };

const splits = (world: World) => world.actions.flatMap((action) => (action.type === 'split' ? [action.shares] : []));
const said = (world: World) => world.actions.flatMap((action) => (action.type === 'say' ? [action.what] : []));
const sizes = (world: World) => [world.live('v1').length, world.live('v2').length];

test('rolling: as many above as may be, then one old one for each new one that is ready', () => {
  const world = new RolloutWorld(ROLLING, 10);
  world.step();
  assert.deepEqual(sizes(world), [10, 3]);
  world.step();
  assert.deepEqual(sizes(world), [10, 3], 'none is ready yet');
  world.set('web.11', { phase: 'ready' });
  world.step();
  assert.deepEqual(sizes(world), [9, 4]);
  world.run();
  assert.equal(world.state.phase, 'done');
  assert.deepEqual(sizes(world), [0, 10]);
  assert.deepEqual(said(world), ['deploy-done']);
});

test('rolling: the idle and the old go first, those that do not serve before all', () => {
  const world = new RolloutWorld({ ...ROLLING, maxSurge: count(3) }, 4);
  world.inflight = new Map([
    ['web.1', 5],
    ['web.2', 1],
    ['web.3', 1],
  ]);
  world.set('web.4', { phase: 'waiting' });
  world.step();
  const removed: string[] = [];
  for (const id of ['web.5', 'web.6', 'web.7']) {
    world.set(id, { phase: 'ready' });
    for (const action of world.step()) if (action.type === 'remove') removed.push(...action.ids);
  }
  // Three old ones serve of four that must: the first new one makes good for the one that waits.
  assert.deepEqual(removed, ['web.4', 'web.2', 'web.3']);
});

test('rolling: a new instance counts when it has been ready for steadyMs', () => {
  const world = new RolloutWorld({ ...ROLLING, steadyMs: 5_000 }, 1);
  world.step();
  world.set('web.2', { phase: 'ready' });
  world.pass(4_999);
  world.step();
  assert.deepEqual(sizes(world), [1, 1]);
  world.pass(1);
  world.step();
  assert.deepEqual(sizes(world), [0, 1]);
});

test('rolling: without surge the old one makes room first', () => {
  const world = new RolloutWorld({ ...ROLLING, maxSurge: count(0), maxUnavailable: count(1) }, 3);
  world.step();
  assert.deepEqual(sizes(world), [2, 1]);
  world.step();
  assert.deepEqual(sizes(world), [2, 1]);
  world.run();
  assert.deepEqual([world.state.phase, ...sizes(world)], ['done', 0, 3]);
});

test('scaling goes on: more and fewer are wanted on the way', () => {
  const world = new RolloutWorld(ROLLING, 4);
  world.step();
  world.wanted = 8;
  world.step();
  assert.deepEqual(sizes(world), [4, 6], 'the new version makes up for it, at most 8 + 2');
  world.settle();
  world.wanted = 2;
  world.step();
  assert.deepEqual(sizes(world), [0, 2], 'those that are too many go, on both sides');
  world.step();
  assert.equal(world.state.phase, 'done');
});

test('a new version that crash-loops goes back, with the reason', () => {
  const world = new RolloutWorld(ROLLING, 4);
  world.step();
  world.set('web.5', { phase: 'waiting', trouble: { kind: 'exited', detail: 'exit code 1' }, restarts: 1 });
  world.step();
  assert.equal(world.state.phase, 'rolling', 'one exit is an accident');
  world.set('web.5', { phase: 'waiting', trouble: { kind: 'crash-loop', detail: 'exit code 1' }, restarts: 3 });
  world.step();
  assert.equal(world.state.phase, 'rolling-back');
  assert.deepEqual(sizes(world), [4, 0]);
  world.run();
  assert.deepEqual([world.state.phase, world.state.reason], ['rolled-back', 'web.5 (v2): exit code 1']);
  assert.deepEqual(said(world), ['deploy-rolling-back', 'deploy-rolled-back']);
});

test('what is not done in time goes back; time in a pause does not count', () => {
  const world = new RolloutWorld({ ...ROLLING, progressMs: 10_000 }, 4);
  world.step();
  assert.equal(world.command('pause'), null);
  world.pass(60_000);
  world.step();
  assert.equal(world.command('resume'), null);
  world.pass(10_000);
  world.step();
  assert.equal(world.state.phase, 'rolling');
  world.pass(1);
  world.step();
  assert.equal(world.state.phase, 'rolling-back');
  assert.match(world.state.reason, /not done within 10 s/);
});

test('half-way back, each new one that serves stays until an old one does', () => {
  const world = new RolloutWorld({ ...ROLLING, maxSurge: count(1) }, 3);
  for (let round = 0; round < 2; round++) {
    world.step();
    world.settle();
  }
  world.step();
  assert.deepEqual(sizes(world), [1, 3]);
  assert.equal(world.command('rollback'), null);
  for (let round = 0; round < 20 && !world.isOver; round++) {
    world.step();
    assert.ok(world.ready().length >= 3 || world.live().some(({ phase }) => phase === 'starting'));
    assert.ok(world.live().length <= 4);
    world.settle();
  }
  assert.deepEqual([world.state.phase, ...sizes(world)], ['rolled-back', 3, 0]);
});

test('canary: shares are exact, held for their pause or until promoted, then it rolls', () => {
  const world = new RolloutWorld(CANARY, 10);
  world.step();
  assert.deepEqual(sizes(world), [10, 1]);
  assert.deepEqual(splits(world), [{ v1: 1, v2: 0 }]);
  assert.match(String(world.command('promote')), /does not wait for anything/);
  world.settle();
  world.step();
  assert.deepEqual(splits(world).at(-1), { v1: 0.9, v2: 0.1 });
  assert.deepEqual(sizes(world), [9, 1]);
  world.pass(60_000);
  world.step();
  assert.deepEqual(sizes(world), [9, 4], 'the next step prepares within the surge of three');
  world.settle();
  world.step();
  assert.deepEqual(sizes(world), [6, 5]);
  assert.deepEqual(splits(world).length, 2, 'and the share stays as it is meanwhile');
  world.settle();
  world.step();
  assert.deepEqual(splits(world).at(-1), { v1: 0.5, v2: 0.5 });
  assert.deepEqual(sizes(world), [5, 5]);
  world.pass(3_600_000);
  world.step();
  assert.equal(world.state.phase, 'canary', 'no pauseMs: it waits');
  assert.equal(world.command('promote'), null);
  world.run();
  assert.deepEqual([world.state.phase, ...sizes(world)], ['done', 0, 10]);
  assert.equal(splits(world).at(-1), null);
});

test('canary: at least one new instance, also of one', () => {
  const world = new RolloutWorld({ ...CANARY, maxSurge: count(0), maxUnavailable: count(1) }, 1);
  world.step();
  assert.deepEqual(sizes(world), [1, 1]);
});

test('canary: one that fails its requests goes back at once', () => {
  const world = new RolloutWorld(GUARDED, 10);
  world.step();
  world.settle();
  world.step();
  const buckets = new Float64Array(BUCKET_COUNT);
  world.figures = { from: { requests: 5_000, failures: 5, buckets }, to: { requests: 99, failures: 50, buckets } };
  world.step();
  assert.equal(world.state.phase, 'canary', 'too few requests to say anything');
  world.figures = { from: { requests: 5_000, failures: 5, buckets }, to: { requests: 100, failures: 50, buckets } };
  world.step();
  assert.equal(world.state.phase, 'rolling-back');
  // Nine of ten serve: as much goes back as they can take, and the rest when there are ten.
  assert.deepEqual(splits(world).at(-1), { v1: 0.9, v2: 0.1 });
  world.settle();
  world.step();
  assert.deepEqual(splits(world).at(-1), { v1: 1, v2: 0 });
  world.run();
  assert.deepEqual([world.state.phase, ...sizes(world)], ['rolled-back', 10, 0]);
  assert.match(world.state.reason, /50 % of 100 requests failed/);
});

test('canary: asleep, it waits, and the time does not count', () => {
  const world = new RolloutWorld({ ...CANARY, progressMs: 10_000 }, 2);
  world.step();
  world.wanted = 0;
  world.step();
  assert.deepEqual(sizes(world), [0, 0]);
  world.pass(3_600_000);
  world.step();
  assert.equal(world.state.phase, 'canary');
  world.wanted = 1;
  world.step();
  assert.deepEqual(sizes(world), [1, 1]);
});

test('blue-green: all new ones beside the old, one switch, and the old ones stay for a while', () => {
  const world = new RolloutWorld(BLUE_GREEN, 3);
  world.step();
  assert.deepEqual(sizes(world), [3, 3]);
  world.set('web.4', { phase: 'ready' });
  world.step();
  assert.deepEqual(splits(world), [{ v1: 1, v2: 0 }]);
  world.settle();
  world.step();
  assert.deepEqual(splits(world), [
    { v1: 1, v2: 0 },
    { v1: 0, v2: 1 },
  ]);
  world.pass(59_999);
  world.step();
  assert.deepEqual(sizes(world), [3, 3]);
  world.pass(1);
  world.step();
  assert.deepEqual(sizes(world), [0, 3]);
  assert.equal(splits(world).length, 2, 'the old ones get nothing on their way out');
  world.step();
  assert.equal(world.state.phase, 'done');
  assert.equal(splits(world).at(-1), null);
});

test('blue-green: back in one step while the old ones are there', () => {
  const world = new RolloutWorld(BLUE_GREEN, 3);
  world.run(2);
  world.step();
  assert.equal(world.state.phase, 'keeping-old');
  assert.equal(world.command('rollback'), null);
  world.step();
  assert.deepEqual(splits(world).at(-1), { v1: 1, v2: 0 });
  assert.deepEqual(sizes(world), [3, 0]);
});

test('a rolling deploy that pauses keeps its new ones, and scales with the old version', () => {
  const world = new RolloutWorld(ROLLING, 4);
  world.step();
  world.settle();
  world.command('pause');
  world.wanted = 6;
  world.step();
  assert.deepEqual(sizes(world), [5, 1]);
  assert.match(String(world.command('pause')), /paused already/);
  assert.equal(world.command('resume'), null);
  assert.match(String(world.command('resume')), /is not paused/);
  world.run();
  assert.deepEqual([world.state.phase, ...sizes(world)], ['done', 0, 6]);
  assert.match(String(world.command('rollback')), /is over/);
});

test('instances of a third version go with the old ones', () => {
  const world = new RolloutWorld(ROLLING, 2);
  world.add('v0', 1);
  world.settle();
  world.run();
  assert.deepEqual(
    world.instances.map(({ version }) => version),
    ['v2', 'v2'],
  );
});

test('held: no further steps, but what crashes is replaced; then it goes on', () => {
  const world = new RolloutWorld(ROLLING, 4);
  world.step();
  world.set('web.5', { phase: 'ready' });
  world.step();
  world.command('pause');
  const held = sizes(world);
  for (let second = 0; second < 100; second++) world.step();
  assert.deepEqual(sizes(world), held);
  assert.match(world.state.reason, /held/);
  const lost = world.live('v1').slice(0, 2);
  world.instances = world.instances.filter((view) => !lost.includes(view));
  world.step();
  assert.deepEqual(sizes(world), [2, 2], 'there are as many as are wanted again');
  world.command('resume');
  world.run();
  assert.deepEqual([world.state.phase, ...sizes(world)], ['done', 0, 4]);
});
