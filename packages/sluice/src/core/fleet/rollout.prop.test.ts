import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RolloutWorld, ROLLING } from '../../../test/support/rollout-world.ts';
import { deployRoom } from './amount.ts';
import type { Amount, DeployPlan } from './deploy-policy.ts';
import type { RolloutAction, RolloutCommand } from './rollout.ts';

const amount: fc.Arbitrary<Amount> = fc.oneof(
  fc.record({ by: fc.constant('count' as const), amount: fc.nat(4) }),
  fc.record({ by: fc.constant('share' as const), amount: fc.double({ min: 0, max: 1, noNaN: true }) }),
);

const plan: fc.Arbitrary<DeployPlan> = fc.record({
  strategy: fc.constantFrom('rolling', 'canary', 'blue-green'),
  maxSurge: amount,
  maxUnavailable: amount,
  steadyMs: fc.constantFrom(0, 500),
  progressMs: fc.constantFrom(20_000, 600_000),
  canary: fc.array(fc.record({ share: fc.double({ min: 0.01, max: 1, noNaN: true }), pauseMs: fc.constantFrom(null, 0, 5_000) }), {
    maxLength: 3,
  }),
  guard: fc.constant(null),
  keepOldMs: fc.constantFrom(0, 5_000),
});

type Event =
  | {
      readonly type: 'instance';
      readonly which: number;
      readonly phase: 'ready' | 'unready' | 'waiting' | 'starting';
      readonly isHopeless: boolean;
    }
  | { readonly type: 'gone'; readonly which: number }
  | { readonly type: 'wanted'; readonly count: number }
  | { readonly type: 'pass'; readonly ms: number }
  | { readonly type: 'command'; readonly command: RolloutCommand }
  | { readonly type: 'settle' };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('instance' as const),
      which: fc.nat(30),
      phase: fc.constantFrom('ready' as const, 'ready' as const, 'unready' as const, 'waiting' as const, 'starting' as const),
      isHopeless: fc.nat(40).map((number) => number === 0),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('gone' as const), which: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('wanted' as const), count: fc.nat(8) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.constantFrom(100, 1_000, 6_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('command' as const),
      command: fc.constantFrom<RolloutCommand[]>('pause', 'resume', 'promote', 'rollback'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('settle' as const) }) },
);

function apply(world: RolloutWorld, event: Event): void {
  const chosen = 'which' in event ? world.instances[event.which % Math.max(1, world.instances.length)] : undefined;
  switch (event.type) {
    case 'instance':
      if (chosen === undefined || chosen.phase === 'draining') return;
      return world.set(chosen.id, {
        phase: event.phase,
        trouble: event.isHopeless ? { kind: 'crash-loop', detail: 'exit code 1' } : null,
      });
    case 'gone':
      world.instances = world.instances.filter((view) => view.id !== chosen?.id);
      return;
    case 'wanted':
      world.wanted = event.count;
      return;
    case 'pass':
      return world.pass(event.ms);
    case 'command':
      return void world.command(event.command);
    case 'settle':
      return world.settle();
  }
}

/** Instances at most in the phase that the world is in now. */
function mostOf(world: RolloutWorld): number {
  const { plan: deploy, resumesTo, phase } = world.state;
  const { surge } = deployRoom(deploy, world.wanted);
  switch (phase === 'paused' ? resumesTo : phase) {
    case 'canary':
      return world.wanted + Math.max(1, surge);
    case 'starting-new':
    case 'keeping-old':
      return 2 * world.wanted;
    default:
      return world.wanted + surge;
  }
}

/** One step, and everything that must hold of it. */
function checkedStep(world: RolloutWorld): readonly RolloutAction[] {
  const before = { live: world.live().length, ready: world.ready().length };
  const actions = world.step();
  const { wanted, state } = world;
  if (actions.some(({ type }) => type === 'add'))
    assert.ok(world.live().length <= mostOf(world), `${world.live().length} live of ${wanted}`);
  assert.ok(world.live().length <= Math.max(before.live, mostOf(world)));
  const least = wanted - deployRoom(state.plan, wanted).unavailable;
  assert.ok(world.ready().length >= Math.min(before.ready, least), `${world.ready().length} ready, ${least} must be`);
  const { shares } = state;
  if (shares !== null) {
    assert.deepEqual(Object.keys(shares).sort(), ['v1', 'v2']);
    assert.ok(Object.values(shares).every((share) => share >= 0 && share <= 1));
    assert.ok(Math.abs(shares['v1']! + shares['v2']! - 1) < 1e-9);
  }
  return actions;
}

test('whatever happens to instances, the bounds hold and it ends with one version', () => {
  fc.assert(
    fc.property(plan, fc.nat(8), fc.array(event, { maxLength: 60 }), (deploy, wanted, events) => {
      const world = new RolloutWorld(deploy, wanted);
      checkedStep(world);
      for (const each of events) {
        if (world.isOver) break;
        apply(world, each);
        checkedStep(world);
      }
      // From here on nothing goes wrong any more.
      if (!world.isOver) world.wanted = Math.max(1, world.wanted);
      for (let round = 0; round < 200 && !world.isOver; round++) {
        world.settle();
        world.command('resume');
        world.command('promote');
        world.pass(1_000);
        checkedStep(world);
      }
      assert.ok(world.isOver, `${world.state.phase}: ${world.state.reason}`);
      assert.equal(world.state.shares, null);
      const stays = world.state.phase === 'done' ? 'v2' : 'v1';
      assert.equal(world.live().length, world.live(stays).length);
      assert.ok(world.live().length >= world.wanted);
    }),
    { numRuns: 400 },
  );
});

test('protection does not hold a deploy up', () => {
  const world = new RolloutWorld(ROLLING, 2);
  for (const { id } of world.instances) world.set(id, { phase: 'ready', isProtected: true });
  world.run();
  assert.deepEqual([world.state.phase, world.live('v1').length], ['done', 0]);
});
