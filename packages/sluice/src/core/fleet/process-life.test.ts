import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant } from '../../base/time.ts';
import {
  DEFAULT_INSTANCE_POLICY,
  stepInstance,
  stoppedInstance,
  type InstanceEffect,
  type InstanceEvent,
  type InstanceState,
} from './process-life.ts';

const policy = { ...DEFAULT_INSTANCE_POLICY, backoff: { baseMs: 100, maxMs: 1_000, jitter: 0 } };

/** Runs events, each with its time, and returns the effects of each. */
function play(events: readonly (readonly [at: number, event: InstanceEvent])[]): {
  state: InstanceState;
  effects: (readonly InstanceEffect[])[];
} {
  let state = stoppedInstance(instant(0));
  const effects = events.map(([at, event]) => {
    const step = stepInstance(state, event, instant(at), () => 0, policy);
    state = step.state;
    return step.effects;
  });
  return { state, effects };
}

const kinds = (effects: readonly InstanceEffect[] | undefined): string[] => (effects ?? []).map((effect) => effect.type);
const says = (effects: readonly (readonly InstanceEffect[])[]): string[] =>
  effects.flat().flatMap((effect) => (effect.type === 'say' ? [effect.what] : []));
const died = (reason = 'exit code 1'): InstanceEvent => ({ type: 'exited', reason });

test('is used only when it answers its probe', () => {
  const { state, effects } = play([
    [0, { type: 'start' }],
    [10, { type: 'silent' }],
    [60, { type: 'answered' }],
  ]);
  assert.deepEqual(effects.map(kinds), [['spawn', 'probe'], ['probe'], ['up', 'say']]);
  assert.equal(state.phase, 'ready');
});

test('is started again after a backoff that grows, and a steady run forgets it', () => {
  const { effects } = play([
    [0, { type: 'start' }],
    [1, died()],
    [101, { type: 'due' }],
    [102, died()],
    [302, { type: 'due' }],
    [310, { type: 'answered' }],
    [302 + policy.steadyMs, died('signal SIGKILL')],
  ]);
  const waits = effects.flat().flatMap((effect) => (effect.type === 'wake' ? [effect.afterMs] : []));
  assert.deepEqual(waits, [100, 200, 100]);
  assert.deepEqual(kinds(effects.at(-1)), ['down', 'say', 'wake']);
});

test('says a crash loop once', () => {
  const events: [number, InstanceEvent][] = [[0, { type: 'start' }]];
  for (let round = 0; round < 6; round++) events.push([round * 1_000 + 1, died()], [round * 1_000 + 900, { type: 'due' }]);
  assert.deepEqual(says(play(events).effects), ['instance-exited', 'instance-exited', 'instance-crash-loop']);
});

test('an instance that never answers is stopped and started again', () => {
  const { state, effects } = play([
    [0, { type: 'start' }],
    [policy.startTimeoutMs, { type: 'silent' }],
    [policy.startTimeoutMs + policy.stopTimeoutMs, { type: 'due' }],
    [policy.startTimeoutMs + policy.stopTimeoutMs + 1, died('signal SIGKILL')],
  ]);
  assert.deepEqual(effects.map(kinds), [
    ['spawn', 'probe'],
    ['say', 'kill', 'wake'],
    ['say', 'kill'],
    ['say', 'wake'],
  ]);
  assert.equal(state.phase, 'waiting');
});

test('a stopped instance gets SIGTERM, SIGKILL after the deadline, and does not come back', () => {
  const { state, effects } = play([
    [0, { type: 'start' }],
    [5, { type: 'answered' }],
    [10, { type: 'stop' }],
    [10 + policy.stopTimeoutMs, { type: 'due' }],
    [11 + policy.stopTimeoutMs, died('signal SIGKILL')],
    [20_000, { type: 'due' }],
  ]);
  const signals = effects.flat().flatMap((effect) => (effect.type === 'kill' ? [effect.signal] : []));
  assert.deepEqual(signals, ['SIGTERM', 'SIGKILL']);
  assert.equal(state.phase, 'stopped');
  assert.deepEqual(kinds(effects.at(-1)), []);
});

test('any order of events keeps one process at most, and up and down in turns', () => {
  const event: fc.Arbitrary<InstanceEvent> = fc.oneof(
    fc.constantFrom<InstanceEvent>({ type: 'start' }, { type: 'answered' }, { type: 'silent' }, { type: 'due' }, { type: 'stop' }),
    fc.constant(died()),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 100_000 }), event), { maxLength: 60 }), (steps) => {
      let [state, now, runs, isUp] = [stoppedInstance(instant(0)), 0, false, false];
      for (const [pause, next] of steps) {
        if (next.type === 'exited' && !runs) continue; // only a process that runs can exit
        if (next.type === 'exited') runs = false;
        now += pause;
        const step = stepInstance(state, next, instant(now), () => 0.5, policy);
        state = step.state;
        for (const effect of step.effects) {
          if (effect.type === 'spawn') assert.equal(runs, false, 'a second process');
          if (effect.type === 'up' || effect.type === 'down') assert.equal(isUp, effect.type === 'down', effect.type);
          runs ||= effect.type === 'spawn';
          if (effect.type === 'up' || effect.type === 'down') isUp = effect.type === 'up';
        }
        assert.equal(isUp, state.phase === 'ready');
        assert.equal(runs, state.phase === 'starting' || state.phase === 'ready' || state.phase === 'stopping');
      }
    }),
  );
});
