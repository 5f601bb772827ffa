import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FREE, mean, replicas, run, sample, target, total } from '../../../../test/support/scaling.ts';
import type { Decision } from '../decision.ts';
import type { ReplicasPlan } from '../policy.ts';
import { Scaler } from '../scaler.ts';

const QUIET = { isBusy: false, concurrency: 0 };

function boundsOf(decision: Decision | undefined): (string | number)[][] | undefined {
  return decision?.bounds.map(({ bound, from, to }) => [bound, from, to]);
}

function numbers(decisions: readonly Decision[]): number[] {
  return decisions.map(({ wanted }) => wanted);
}

test('tolerance: a figure within it changes nothing, at its edge neither, beyond it does', () => {
  const by = (figure: number): number =>
    new Scaler('users', replicas({ behavior: { ...FREE, tolerance: 0.1 } })).decide(sample(0, 10, { 'in-flight': total(figure) })).wanted;
  assert.deepEqual([by(109), by(110), by(111), by(90), by(89.9)], [10, 10, 12, 10, 9]);
});

test('stabilisation, in: the most that was wanted in the window, from the first sample on', () => {
  const scaler = new Scaler('users', replicas({ behavior: { ...FREE, in: { ...FREE.in, stabilizationMs: 10_000 } } }));
  const decisions = run(scaler, {
    from: 0,
    seconds: 25,
    wanted: 8,
    figures: (second) => ({ 'in-flight': total(second === 12 ? 60 : 20) }),
  });
  assert.deepEqual(numbers(decisions), [...Array<number>(10).fill(8), 2, 2, ...Array<number>(10).fill(6), 2, 2, 2]);
  assert.deepEqual(boundsOf(decisions[0]), [['stabilization', 2, 8]]);
});

test('stabilisation, out: the least that was wanted in the window', () => {
  const scaler = new Scaler('users', replicas({ behavior: { ...FREE, out: { ...FREE.out, stabilizationMs: 3_000 } } }));
  const decisions = run(scaler, { from: 0, seconds: 8, wanted: 2, figures: (second) => ({ 'in-flight': total(second === 2 ? 20 : 50) }) });
  assert.deepEqual(numbers(decisions), [2, 2, 2, 2, 2, 5, 5, 5]);
});

test('rate, out: the larger of share and count per period, of what there was when it began', () => {
  const out = { stabilizationMs: 0, share: 1, count: 4, periodMs: 5_000 };
  const decisions = run(new Scaler('users', replicas({ behavior: { ...FREE, out } })), {
    from: 0,
    seconds: 12,
    wanted: 2,
    figures: () => ({ 'in-flight': total(1_000) }),
  });
  assert.deepEqual(numbers(decisions), [6, 6, 6, 6, 6, 12, 12, 12, 12, 12, 24, 24]);
});

test('rate, in: half of them, or one, per period', () => {
  const rate = { stabilizationMs: 0, share: 0.5, count: 1, periodMs: 5_000 };
  const decisions = run(new Scaler('users', replicas({ behavior: { ...FREE, in: rate } })), {
    from: 0,
    seconds: 21,
    wanted: 9,
    figures: () => ({ 'in-flight': total(0) }),
  });
  assert.deepEqual(
    [decisions[0], decisions[5], decisions[10], decisions[15], decisions[20]].map((each) => each?.wanted),
    [4, 2, 1, 1, 1],
  );
});

test('cooldown: no step in for so long after a step out, but more steps out', () => {
  const scaler = new Scaler('users', replicas({ behavior: { ...FREE, cooldownMs: 10_000 } }));
  const load = (second: number): number => (second === 0 ? 40 : second === 5 ? 60 : 10);
  const decisions = run(scaler, { from: 0, seconds: 17, wanted: 2, figures: (second) => ({ 'in-flight': total(load(second)) }) });
  assert.deepEqual(numbers(decisions), [4, 4, 4, 4, 4, ...Array<number>(10).fill(6), 1, 1]);
});

test('an unknown figure keeps what there is, and lets more come', () => {
  const plan = replicas({ scale: [target('in-flight', 10), target('cpu', 0.5)] });
  const by = (figure: number): Decision => new Scaler('users', plan).decide(sample(0, 4, { 'in-flight': total(figure), cpu: null }));
  assert.deepEqual([by(10).wanted, by(90).wanted], [4, 9]);
  assert.deepEqual(boundsOf(by(10)), [['hold', 1, 4]]);
});

test('min, max, money and the machine, in this order', () => {
  const plan = replicas({ min: 2, max: 8, cost: { perInstanceHour: 0.1, ceilingPerHour: 0.6 } });
  const by = (figure: number, limit: number): Decision =>
    new Scaler('users', plan).decide(sample(0, 4, { 'in-flight': total(figure) }, { ceiling: { limit, detail: 'room for so many' } }));
  assert.deepEqual(boundsOf(by(1, 9)), [['min', 1, 2]]);
  assert.deepEqual(boundsOf(by(500, 5)), [
    ['max', 50, 8],
    ['cost', 8, 6],
    ['budget', 6, 5],
  ]);
  assert.match(by(500, 5).reason, /budget: 5 \(room for so many\)$/);
});

// ---- sleep and wake

const SLEEPY: Partial<ReplicasPlan> = { min: 0, idleMs: 30_000 };

test('idle: never below one before the idle time, 0 after it, whatever the pace', () => {
  const behavior = { ...FREE, in: { stabilizationMs: 60_000, share: 0, count: 0, periodMs: 60_000 } };
  const scaler = new Scaler('users', replicas({ ...SLEEPY, behavior }));
  run(scaler, { from: 0, seconds: 10, wanted: 3, figures: () => ({ 'in-flight': total(30) }) });
  const decisions = run(scaler, { from: 10, seconds: 31, wanted: 3, figures: () => ({ 'in-flight': total(0) }), over: QUIET });
  assert.deepEqual([decisions[28]?.wanted, decisions[29]?.wanted, decisions[29]?.action], [3, 0, 'sleep']);
});

test('idle: without any pace the last one stays until the idle time', () => {
  const scaler = new Scaler('users', replicas(SLEEPY));
  const decisions = run(scaler, { from: 0, seconds: 32, wanted: 3, figures: () => ({ 'in-flight': total(0) }), over: QUIET });
  assert.deepEqual([decisions[0]?.wanted, decisions[29]?.wanted, decisions[30]?.wanted], [1, 1, 0]);
});

test('wake: at once, as many as what waits needs', () => {
  const slow = { ...FREE, out: { stabilizationMs: 60_000, share: 0, count: 1, periodMs: 60_000 } };
  const asleep = (): Scaler => {
    const scaler = new Scaler('users', replicas({ ...SLEEPY, behavior: slow }));
    scaler.decide(sample(0, 0, { 'in-flight': null }, QUIET));
    return scaler;
  };
  const by = (concurrency: number): Decision => asleep().decide(sample(1, 0, { 'in-flight': total(concurrency) }, { concurrency }));
  assert.deepEqual([by(1).wanted, by(35).wanted, by(1).action], [1, 4, 'wake']);
  assert.match(by(35).reason, /idle: 4 \(woken by 35 requests, 10 per instance\)/);
});

test('wake without policies: as many as at the start', () => {
  const scaler = new Scaler('users', replicas({ ...SLEEPY, scale: [], initial: 3 }));
  assert.equal(scaler.decide(sample(0, 0, {}, QUIET)).wanted, 0);
  assert.equal(scaler.decide(sample(1, 0, {})).wanted, 3);
  assert.equal(scaler.decide(sample(31, 3, {}, QUIET)).wanted, 0);
});

test('a service that sleeps and is asked nothing goes on sleeping', () => {
  const scaler = new Scaler('users', replicas(SLEEPY));
  const decisions = run(scaler, { from: 0, seconds: 5, wanted: 0, figures: () => ({ 'in-flight': null }), over: QUIET });
  assert.deepEqual(numbers(decisions), [0, 0, 0, 0, 0]);
});

test('waiting jobs wake a service and keep it awake; while they are unknown it does not go to sleep', () => {
  const plan = replicas({ ...SLEEPY, scale: [target('in-flight', 10), target('jobs', 5)] });
  const scaler = new Scaler('users', plan);
  const figures = (jobs: number | null) => (): Record<string, ReturnType<typeof total> | null> => ({
    'in-flight': total(0),
    jobs: jobs === null ? null : total(jobs),
  });
  run(scaler, { from: 0, seconds: 40, wanted: 1, figures: figures(0), over: QUIET });
  assert.deepEqual(numbers(run(scaler, { from: 40, seconds: 3, wanted: 0, figures: figures(12), over: QUIET })), [3, 3, 3]);
  assert.equal(run(scaler, { from: 43, seconds: 10, wanted: 3, figures: figures(null), over: QUIET }).at(-1)?.wanted, 3);
  assert.equal(run(scaler, { from: 53, seconds: 2, wanted: 3, figures: figures(0), over: QUIET }).at(-1)?.wanted, 0);
});

test('a service whose CPU is unknown because nothing is asked may still sleep', () => {
  const scaler = new Scaler('users', replicas({ ...SLEEPY, scale: [target('cpu', 0.5)] }));
  scaler.decide(sample(0, 2, { cpu: mean(0.2) }));
  assert.equal(run(scaler, { from: 1, seconds: 31, wanted: 2, figures: () => ({ cpu: null }), over: QUIET }).at(-1)?.wanted, 0);
});
