import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../base/time.ts';
import { stepInstance } from './instance.ts';
import { newInstance, type InstanceEffect, type InstanceEvent, type InstancePolicy, type InstanceState } from './instance-state.ts';

const policy: InstancePolicy = {
  ready: { withinMs: 60_000, intervalMs: 2_000 },
  drainTimeoutMs: 30_000,
  stopTimeoutMs: 10_000,
  unreadyTimeoutMs: 30_000,
  restart: { baseMs: 100, maxMs: 1_000, steadyMs: 10_000, crashLoopAt: 3 },
};

type Timed = readonly [at: number, event: InstanceEvent];

/** Runs events, each with its time; `random` is 0.5, so that probes are not shifted and waits are three quarters of the full ones. */
function play(
  events: readonly Timed[],
  more: Partial<InstancePolicy> = {},
): { state: InstanceState; effects: (readonly InstanceEffect[])[] } {
  let state = newInstance(instant(0));
  const effects = events.map(([at, event]) => {
    const step = stepInstance(state, event, instant(at), () => 0.5, { ...policy, ...more });
    state = step.state;
    return step.effects;
  });
  return { state, effects };
}

const start: InstanceEvent = { type: 'start' };
const started: InstanceEvent = { type: 'started' };
const answered: InstanceEvent = { type: 'answered' };
const silent: InstanceEvent = { type: 'silent' };
const due: InstanceEvent = { type: 'due' };
const stop: InstanceEvent = { type: 'stop' };
const kill: InstanceEvent = { type: 'kill' };
const drain: InstanceEvent = { type: 'drain', reason: 'scale-in' };
const parted: InstanceEvent = { type: 'parted' };
const drained = (inflight = 0): InstanceEvent => ({ type: 'drained', inflight });
const died = (reason = 'exit code 1', isOutOfMemory = false): InstanceEvent => ({ type: 'exited', reason, isOutOfMemory });
const refused = (retry: 'never' | 'later', reason = 'not found: nodd'): InstanceEvent => ({ type: 'start-failed', retry, reason });
/** Ready at 100 ms. */
const READY: readonly Timed[] = [
  [0, start],
  [50, started],
  [100, answered],
];

/** An effect in short: `probe 5`, `signal SIGTERM`, `say instance-ready`. */
function short(effect: InstanceEffect): string {
  switch (effect.type) {
    case 'probe':
    case 'wake':
    case 'part':
      return `${effect.type} ${effect.afterMs}`;
    case 'drain':
      return `drain ${effect.deadlineMs}`;
    case 'signal':
      return effect.signal;
    case 'say':
      return `say ${effect.what}`;
    default:
      return effect.type;
  }
}

const shorts = (effects: readonly InstanceEffect[] | undefined): string[] => (effects ?? []).map(short);
const says = (effects: readonly (readonly InstanceEffect[])[]): string[] =>
  effects.flat().flatMap((effect) => (effect.type === 'say' ? [effect.what] : []));
const waits = (effects: readonly (readonly InstanceEffect[])[]): number[] =>
  effects.flat().flatMap((effect) => (effect.type === 'wake' ? [effect.afterMs] : []));

test('is asked 5 ms after it runs, and used only when it answers', () => {
  const { state, effects } = play([...READY.slice(0, 2), [55, silent], [60, answered]]);
  assert.deepEqual(effects.map(shorts), [['spawn'], ['probe 5'], ['probe 5'], ['up', 'say instance-ready', 'probe 2000']]);
  assert.equal(state.phase, 'ready');
});

test('a starting one is asked often at first, at most each 50 ms while it is young, and each 500 ms when it is slow', () => {
  const pause = (tookMs: number): string | undefined =>
    shorts(
      play([
        [0, start],
        [0, started],
        [tookMs, silent],
      ]).effects.at(-1),
    )[0];
  assert.deepEqual([0, 40, 100, 300, 500, 2_500, 5_000, 30_000].map(pause), [
    'probe 5',
    'probe 5',
    'probe 10',
    'probe 30',
    'probe 50',
    'probe 50',
    'probe 100',
    'probe 500',
  ]);
});

test('the deadline of a start counts from when it ran: a slow pull is not held against it', () => {
  const { state } = play([
    [0, start],
    [300_000, started],
    [300_000 + policy.ready.withinMs - 1, silent],
  ]);
  assert.equal(state.phase, 'starting');
});

test('one that does not get ready in time is stopped, killed when it ignores that, and started again', () => {
  const late = policy.ready.withinMs;
  const { state, effects } = play([
    [0, start],
    [0, started],
    [late, silent],
    [late + policy.stopTimeoutMs, due],
    [late + policy.stopTimeoutMs + 1, died('signal SIGKILL')],
    [late + policy.stopTimeoutMs + 76, due],
  ]);
  assert.deepEqual(effects.slice(2).map(shorts), [
    ['say instance-never-ready', 'SIGTERM', 'wake 10000'],
    ['say instance-ignores-sigterm', 'SIGKILL', 'wake 10000'],
    ['wake 75'],
    ['spawn'],
  ]);
  assert.equal(state.trouble?.kind, 'never-ready');
  assert.match(state.trouble?.detail ?? '', /1 min|signal SIGKILL/);
});

test('one silent probe is forgiven; two in a row take it out of routing, and it is not killed', () => {
  const { state, effects } = play([...READY, [2_100, silent], [4_100, answered], [6_100, silent], [8_100, silent]]);
  assert.deepEqual(effects.slice(3).map(shorts), [
    ['probe 2000'],
    ['probe 2000'],
    ['probe 2000'],
    ['down', 'say instance-unready', 'probe 2000'],
  ]);
  assert.equal(state.phase, 'unready');
  assert.equal(state.trouble?.kind, 'unready');
});

test('an unready one is used again when it answers', () => {
  const { state, effects } = play([...READY, [2_100, silent], [4_100, silent], [6_100, answered]]);
  assert.deepEqual(shorts(effects.at(-1)), ['up', 'say instance-ready-again', 'probe 2000']);
  assert.equal(state.phase, 'ready');
  assert.equal(state.trouble, null);
});

test('one that stays unready is drained and replaced, as long as that has a deadline', () => {
  const unready: readonly Timed[] = [...READY, [2_100, silent], [4_100, silent]];
  const early = play([...unready, [34_099, silent]]);
  assert.equal(early.state.phase, 'unready');
  const { state, effects } = play([...unready, [34_100, silent], [35_000, drained()], [35_100, died('exit code 0')], [35_200, due]]);
  assert.deepEqual(effects.slice(5).map(shorts), [
    ['say instance-replaced', 'drain 30000', 'wake 35000'],
    ['SIGTERM', 'wake 10000'],
    ['wake 75'],
    ['spawn'],
  ]);
  assert.equal(state.phase, 'starting');
  const patient = play([...unready, [9_000_000, silent]], { unreadyTimeoutMs: 0 });
  assert.equal(patient.state.phase, 'unready', '0 is never');
});

test('is started again after a backoff that grows, and a steady run forgets it', () => {
  const { effects, state } = play([
    [0, start],
    [0, started],
    [1, died()],
    [76, due],
    [77, started],
    [78, died()],
    [228, due],
    [228, started],
    [240, answered],
    [228 + policy.restart.steadyMs, died('signal SIGKILL')],
  ]);
  assert.deepEqual(waits(effects), [75, 150, 75]);
  assert.deepEqual(shorts(effects.at(-1)), ['down', 'say instance-exited', 'wake 75']);
  assert.deepEqual(state.trouble, { kind: 'exited', detail: 'signal SIGKILL after 10 s; next start in 75 ms' });
});

test('a crash loop is said once, is bounded, and is believed over only after a steady run', () => {
  const events: Timed[] = [[0, start]];
  for (let round = 0; round < 8; round++) events.push([round * 1_000, started], [round * 1_000 + 1, died()], [round * 1_000 + 900, due]);
  const loop = play(events);
  assert.deepEqual(says(loop.effects), ['instance-exited', 'instance-exited', 'instance-crash-loop']);
  assert.deepEqual(waits(loop.effects), [75, 150, 300, 600, 750, 750, 750, 750]);
  assert.equal(loop.state.trouble?.kind, 'crash-loop');
  const ready = play([...events, [9_000, started], [9_100, answered]]);
  assert.equal(ready.state.trouble?.kind, 'crash-loop', 'ready is not steady');
  const steady = play([...events, [9_000, started], [9_100, answered], [9_000 + policy.restart.steadyMs, answered]]);
  assert.equal(steady.state.trouble, null);
  assert.equal(steady.state.failures, 0);
});

test('one that the kernel killed for its memory says so, in a loop too', () => {
  const bound = 'killed at its memory bound of 512 MiB';
  const events: Timed[] = [[0, start]];
  for (let round = 0; round < 4; round++)
    events.push([round * 1_000, started], [round * 1_000 + 1, died(bound, true)], [round * 1_000 + 900, due]);
  const { state, effects } = play(events);
  assert.deepEqual(says(effects), ['instance-out-of-memory', 'instance-out-of-memory', 'instance-crash-loop']);
  assert.equal(state.trouble?.kind, 'out-of-memory');
  assert.match(state.trouble?.detail ?? '', /4 times in a row, last: killed at its memory bound of 512 MiB after 1 ms/);
});

test('an engine that is away is tried again with backoff, said once, and counts as no crash', () => {
  const { state, effects } = play([
    [0, start],
    [1, refused('later', 'connect ENOENT')],
    [76, due],
    [77, refused('later', 'connect ENOENT')],
    [227, due],
    [228, refused('later', 'connect ENOENT')],
    [528, due],
    [530, refused('later', 'connect ENOENT')],
  ]);
  assert.deepEqual(says(effects), ['engine-away']);
  assert.deepEqual(waits(effects), [75, 150, 300, 600]);
  assert.equal(state.trouble?.kind, 'engine-away');
  assert.equal(state.failures, 0);
});

test('what could never be started is tried again slowly; what ran before, with the usual backoff', () => {
  const never = play([
    [0, start],
    [1, refused('never')],
    [751, due],
    [752, refused('never')],
  ]);
  assert.deepEqual(says(never.effects), ['instance-unstartable']);
  assert.deepEqual(waits(never.effects), [750, 750]);
  assert.equal(never.state.trouble?.kind, 'unstartable');
  const replaced = play([...READY, [50_000, died()], [50_075, due], [50_076, refused('never')]]);
  assert.deepEqual(waits(replaced.effects), [75, 150]);
});

test('drained, it stays an endpoint until nothing is in flight, and is ended when everybody knows that it left', () => {
  const { state, effects } = play([...READY, [200, drain], [900, drained()], [905, parted], [950, died('exit code 0')]]);
  assert.deepEqual(effects.slice(3).map(shorts), [
    ['say instance-draining', 'drain 30000', 'wake 35000'],
    ['down', 'part 0', 'wake 5000'],
    ['SIGTERM', 'wake 10000'],
    ['gone'],
  ]);
  assert.equal(state.phase, 'stopped');
});

test('past its deadline, what is in flight gets the time of a goodbye', () => {
  const { effects } = play([...READY, [200, drain], [30_200, drained(3)]]);
  assert.deepEqual(shorts(effects.at(-1)), ['say instance-drain-late', 'down', 'part 1500', 'wake 6500']);
});

test('a drain that is reported twice ends once', () => {
  const { state, effects } = play([...READY, [200, drain], [300, drained(1)], [301, drained()]]);
  assert.deepEqual(effects.at(-1), []);
  assert.equal(state.phase, 'draining');
});

test('a balancer that never answers holds up no drain', () => {
  const silence = play([...READY, [200, drain], [35_200, due]]);
  assert.deepEqual(shorts(silence.effects.at(-1)), ['down', 'SIGTERM', 'wake 10000']);
  const change = play([...READY, [200, drain], [300, drained()], [5_300, due]]);
  assert.deepEqual(shorts(change.effects.at(-1)), ['SIGTERM', 'wake 10000']);
});

test('one that is not used is not drained: it ends, or never begins', () => {
  const starting = play([
    [0, start],
    [10, started],
    [20, drain],
    [30, died('signal SIGTERM')],
  ]);
  assert.deepEqual(starting.effects.slice(2).map(shorts), [['SIGTERM', 'wake 10000'], ['gone']]);
  const waiting = play([
    [0, start],
    [10, started],
    [20, died()],
    [30, drain],
  ]);
  assert.deepEqual(shorts(waiting.effects.at(-1)), ['gone']);
});

test('one that ends while it is drained is not started again', () => {
  const { state, effects } = play([...READY, [200, drain], [300, died()]]);
  assert.deepEqual(shorts(effects.at(-1)), ['down', 'gone']);
  assert.equal(state.phase, 'stopped');
});

test('stop is SIGTERM at once, then SIGKILL until it is gone, said once', () => {
  const { state, effects } = play([
    ...READY,
    [200, stop],
    [10_200, due],
    [20_200, due],
    [20_300, died('signal SIGKILL')],
    [30_000, due],
    [30_000, start],
  ]);
  assert.deepEqual(effects.slice(3).map(shorts), [
    ['down', 'SIGTERM', 'wake 10000'],
    ['say instance-ignores-sigterm', 'SIGKILL', 'wake 10000'],
    ['SIGKILL', 'wake 10000'],
    ['gone'],
    [],
    [],
  ]);
  assert.equal(state.trouble?.kind, 'ignores-sigterm');
});

test('stopped or killed between its order and its start, it is ended as soon as it runs', () => {
  const stopped = play([
    [0, start],
    [1, stop],
    [50, started],
    [60, died()],
  ]);
  assert.deepEqual(stopped.effects.map(shorts), [['spawn'], [], ['SIGTERM', 'wake 10000'], ['gone']]);
  const killed = play([
    [0, start],
    [1, kill],
    [50, started],
    [60, died()],
  ]);
  assert.deepEqual(killed.effects.map(shorts), [['spawn'], [], ['SIGKILL', 'wake 10000'], ['gone']]);
  const failed = play([
    [0, start],
    [1, stop],
    [50, refused('later')],
  ]);
  assert.deepEqual(shorts(failed.effects.at(-1)), ['gone']);
});

test('kill is SIGKILL without a word about SIGTERM', () => {
  const { effects } = play([...READY, [200, kill], [10_200, due]]);
  assert.deepEqual(effects.slice(3).map(shorts), [
    ['down', 'SIGKILL', 'wake 10000'],
    ['SIGKILL', 'wake 10000'],
  ]);
});

test('one that was found is used at once when it answers, else it gets the time of a start', () => {
  const well = play([[0, { type: 'adopted', isReady: true }]]);
  assert.deepEqual(shorts(well.effects[0]), ['up', 'say instance-adopted', 'probe 2000']);
  const slow = play([
    [0, { type: 'adopted', isReady: false }],
    [policy.ready.withinMs - 1, silent],
    [policy.ready.withinMs, silent],
  ]);
  assert.deepEqual(slow.effects.map(shorts), [['probe 5'], ['probe 500'], ['say instance-never-ready', 'SIGTERM', 'wake 10000']]);
});
