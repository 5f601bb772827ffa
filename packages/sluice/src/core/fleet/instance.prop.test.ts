/** Any order of events keeps what an instance promises. The model beside it is the world: what was ordered, what runs, what is waited for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant } from '../../base/time.ts';
import { stepInstance } from './instance.ts';
import { newInstance, type InstanceEvent, type InstancePolicy, type InstanceState } from './instance-state.ts';

const policy: InstancePolicy = {
  ready: { withinMs: 5_000, intervalMs: 1_000 },
  drainTimeoutMs: 3_000,
  stopTimeoutMs: 1_000,
  unreadyTimeoutMs: 4_000,
  restart: { baseMs: 100, maxMs: 2_000, steadyMs: 5_000, crashLoopAt: 3 },
};

class World {
  state: InstanceState = newInstance(instant(0));
  isOrdered = false;
  isRunning = false;
  isUp = false;
  isGone = false;
  isAsked = false;
  isWoken = false;
  isDraining = false;
  isParting = false;
  signals: string[] = [];
  crashLoops = 0;
  #now = 0;

  /** Whether the world could send it now. */
  isPossible(event: InstanceEvent): boolean {
    switch (event.type) {
      case 'started':
      case 'start-failed':
        return this.isOrdered;
      case 'exited':
        return this.isRunning;
      case 'adopted':
        return !this.isOrdered && !this.isRunning;
      case 'answered':
      case 'silent':
        return this.isAsked && this.isRunning;
      case 'due':
        return this.isWoken;
      case 'drained':
        return this.isDraining;
      case 'parted':
        return this.isParting;
      default:
        return true;
    }
  }

  send(event: InstanceEvent, pauseMs: number, draw: number): void {
    if (!this.isPossible(event)) return;
    this.#now += pauseMs;
    const wasWaiting = this.state.phase === 'waiting';
    this.#note(event);
    const { state, effects } = stepInstance(this.state, event, instant(this.#now), () => draw, policy);
    assert.ok(!this.isGone || effects.length === 0, 'nothing comes after gone');
    if (event.type === 'adopted' && wasWaiting) this.isRunning = true;
    this.state = state;
    for (const effect of effects) this.#perform(effect);
    this.#check();
  }

  #note(event: InstanceEvent): void {
    if (event.type === 'started' || event.type === 'start-failed') this.isOrdered = false;
    if (event.type === 'started') this.isRunning = true;
    if (event.type === 'exited') {
      this.isRunning = false;
      this.isAsked = false;
      this.isDraining = false;
      this.isParting = false;
    }
    if (event.type === 'answered' || event.type === 'silent') this.isAsked = false;
    if (event.type === 'due') this.isWoken = false;
    if (event.type === 'drained') this.isDraining = false;
    if (event.type === 'parted') this.isParting = false;
  }

  #perform(effect: ReturnType<typeof stepInstance>['effects'][number]): void {
    switch (effect.type) {
      case 'spawn':
        assert.ok(!this.isOrdered && !this.isRunning, 'a second process');
        this.isOrdered = true;
        this.signals = [];
        return;
      case 'up':
      case 'down':
        assert.equal(this.isUp, effect.type === 'down', `${effect.type} twice`);
        this.isUp = effect.type === 'up';
        assert.ok(!this.isUp || this.isRunning, 'used while it does not run');
        return;
      case 'signal':
        assert.ok(this.isRunning, 'a signal to nobody');
        assert.ok(!this.isUp, 'a signal to one that is used');
        this.signals.push(effect.signal);
        return;
      case 'probe':
        assert.ok(effect.afterMs >= 4 && effect.afterMs <= policy.ready.intervalMs * 1.2);
        this.isAsked = true;
        return;
      case 'wake':
        if (this.state.phase === 'waiting')
          assert.ok(effect.afterMs >= policy.restart.baseMs / 2 && effect.afterMs <= policy.restart.maxMs);
        this.isWoken = true;
        return;
      case 'drain':
        this.isDraining = true;
        return;
      case 'part':
        assert.ok(!this.isUp, 'told that it left before it left');
        this.isParting = true;
        return;
      case 'gone':
        assert.ok(!this.isUp && !this.isRunning && !this.isOrdered, 'gone with something left');
        this.isGone = true;
        return;
      case 'say':
        if (effect.what === 'instance-crash-loop') this.crashLoops++;
    }
  }

  #check(): void {
    const { phase, isUp, run } = this.state;
    assert.equal(isUp, this.isUp);
    assert.equal(run, this.isOrdered ? 'ordered' : this.isRunning ? 'running' : 'none');
    assert.equal(phase === 'stopped', this.isGone);
    if (phase === 'ready') assert.ok(isUp);
    if (phase === 'starting' || phase === 'unready' || phase === 'stopping' || phase === 'waiting') assert.ok(!isUp, phase);
    // Something is always on its way, so that nothing gets stuck.
    if (phase === 'starting' || phase === 'ready' || phase === 'unready')
      assert.ok(this.isOrdered || this.isAsked, `${phase}: nobody asks`);
    if (phase === 'draining' || (phase === 'stopping' && this.isRunning)) assert.ok(this.isWoken, `${phase}: no deadline`);
    if (phase === 'waiting' && this.state.trouble !== null) assert.ok(this.isWoken, 'waiting for ever');
  }
}

const event: fc.Arbitrary<InstanceEvent> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom<InstanceEvent>(
      { type: 'start' },
      { type: 'started' },
      { type: 'answered' },
      { type: 'silent' },
      { type: 'due' },
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom<InstanceEvent>({ type: 'stop' }, { type: 'kill' }, { type: 'drain', reason: 'scale-in' }) },
  { weight: 2, arbitrary: fc.nat(3).map((inflight): InstanceEvent => ({ type: 'drained', inflight })) },
  { weight: 2, arbitrary: fc.constant<InstanceEvent>({ type: 'parted' }) },
  { weight: 1, arbitrary: fc.boolean().map((isReady): InstanceEvent => ({ type: 'adopted', isReady })) },
  { weight: 3, arbitrary: fc.boolean().map((isOutOfMemory): InstanceEvent => ({ type: 'exited', reason: 'exit code 1', isOutOfMemory })) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('never' as const, 'later' as const)
      .map((retry): InstanceEvent => ({ type: 'start-failed', retry, reason: 'no' })),
  },
);
const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const story = fc.array(fc.tuple(event, fc.integer({ min: 0, max: 10_000 }), draw), { maxLength: 120 });

function play(steps: readonly (readonly [InstanceEvent, number, number])[]): World {
  const world = new World();
  for (const [next, pauseMs, random] of steps) world.send(next, pauseMs, random);
  return world;
}

test('one process at most, up and down in turns, always something on its way, nothing after its end', () => {
  fc.assert(
    fc.property(story, (steps) => void play(steps)),
    { numRuns: 500 },
  );
});

test('stop and drain always lead to an end, even where nobody answers and SIGTERM is ignored', () => {
  const ends = fc.constantFrom<InstanceEvent>({ type: 'stop' }, { type: 'kill' }, { type: 'drain', reason: 'scale-in' });
  fc.assert(
    fc.property(story, ends, (steps, end) => {
      const world = play(steps);
      world.send(end, 1, 0.5);
      for (let rounds = 0; !world.isGone && rounds < 6; rounds++) {
        world.send({ type: 'started' }, 1, 0.5);
        if (world.signals.includes('SIGKILL')) world.send({ type: 'exited', reason: 'signal SIGKILL', isOutOfMemory: false }, 1, 0.5);
        else world.send({ type: 'due' }, 100_000, 0.5);
      }
      assert.ok(world.isGone, `still ${world.state.phase}`);
    }),
    { numRuns: 500 },
  );
});

test('a crash loop is said once, however long it is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 60 }), draw, (rounds, random) => {
      const world = new World();
      world.send({ type: 'start' }, 0, random);
      for (let round = 0; round < rounds; round++) {
        world.send({ type: 'started' }, 1, random);
        world.send({ type: 'exited', reason: 'exit code 1', isOutOfMemory: false }, 1, random);
        world.send({ type: 'due' }, policy.restart.maxMs, random);
      }
      assert.equal(world.crashLoops, 1);
    }),
  );
});
