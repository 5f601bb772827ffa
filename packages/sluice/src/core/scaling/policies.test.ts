import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timestamp } from '../../base/time.ts';
import { FREE, replicas, run, sample, target, total } from '../../../test/support/scaling.ts';
import type { EventPolicyPlan, SchedulePolicyPlan, StepPolicyPlan } from './policy.ts';
import { Scaler } from './scaler.ts';

const step: StepPolicyPlan = {
  policy: 'step',
  name: 'steps',
  signal: { kind: 'built-in', name: 'queue-wait', percentile: 0.95 },
  windowMs: 1_000,
  steps: [
    { when: 'above', bound: 100, change: { by: 'count', amount: 1 } },
    { when: 'above', bound: 500, change: { by: 'share', amount: 0.5 } },
    { when: 'below', bound: 10, change: { by: 'count', amount: -1 } },
  ],
  cooldownMs: 10_000,
};

function stepped(load: (second: number) => number, seconds: number, wanted: number, behavior = FREE): number[] {
  const scaler = new Scaler('users', replicas({ scale: [step], behavior }));
  return run(scaler, { from: 0, seconds, wanted, figures: (second) => ({ steps: total(load(second)) }) }).map((each) => each.wanted);
}

test('step: the outermost bound that holds counts, once per cooldown', () => {
  assert.deepEqual(
    stepped(() => 150, 12, 5),
    [...Array<number>(10).fill(6), 7, 7],
  );
  assert.deepEqual(
    stepped(() => 600, 12, 5),
    [...Array<number>(10).fill(8), 12, 12],
  );
  assert.deepEqual(
    stepped(() => 50, 12, 5),
    Array<number>(12).fill(5),
  );
});

test('step: a figure that rises to a farther bound adds at once, on the number that the step began at', () => {
  assert.deepEqual(
    stepped((second) => (second < 3 ? 150 : 600), 6, 5),
    [6, 6, 6, 8, 8, 8],
  );
});

test('step: what it took away is one at a time, also through a stabilisation window', () => {
  assert.deepEqual(
    stepped(() => 5, 22, 5),
    [...Array<number>(10).fill(4), ...Array<number>(10).fill(3), 2, 2],
  );
  const windowed = { ...FREE, in: { ...FREE.in, stabilizationMs: 4_000 } };
  assert.deepEqual(stepped(() => 5, 12, 5, windowed).slice(0, 6), [5, 5, 5, 5, 4, 4]);
});

test('step: what it added stays for the cooldown when the figure falls at once', () => {
  const scaler = new Scaler('users', replicas({ scale: [step, target('in-flight', 10)] }));
  const decisions = run(scaler, {
    from: 0,
    seconds: 14,
    wanted: 5,
    figures: (second) => ({ steps: total(second === 0 ? 150 : 50), 'in-flight': total(50) }),
  });
  assert.deepEqual(
    decisions.map((each) => each.wanted),
    [...Array<number>(10).fill(6), 5, 5, 5, 5],
  );
});

const morning: SchedulePolicyPlan = {
  policy: 'schedule',
  name: 'morning',
  cron: '0 8 * * *',
  zone: null,
  min: 4,
  max: null,
  forMs: 60_000,
};
const night: SchedulePolicyPlan = { ...morning, name: 'night', min: null, max: 2, forMs: null };

function scheduled(second: number, began: Record<string, number>, load: number): number {
  const scaler = new Scaler('users', replicas({ scale: [target('in-flight', 10), morning, night] }));
  const schedules = new Map(Object.entries(began).map(([name, at]) => [name, { beganAt: at * 1_000 }]));
  return scaler.decide(sample(second, 3, { 'in-flight': total(load) }, { schedules })).wanted;
}

test('schedule: bounds hold for their time, or until another begins', () => {
  assert.deepEqual(
    [scheduled(100, { morning: 90 }, 10), scheduled(149.9, { morning: 90 }, 10), scheduled(150, { morning: 90 }, 10)],
    [4, 4, 1],
  );
  assert.equal(scheduled(100_000, { night: 90 }, 90), 2);
  assert.equal(scheduled(200, { night: 90, morning: 130 }, 90), 9, 'morning began later, and is over');
  assert.equal(scheduled(100, { morning: 130 }, 10), 1, 'not yet');
});

test('schedule: the cap wins over another schedule’s floor', () => {
  assert.equal(scheduled(100, { morning: 90, night: 95 }, 90), 2);
});

test('schedule: whoever asked for the floor is the winner, and no pace keeps it waiting', () => {
  const slow = { ...FREE, out: { stabilizationMs: 60_000, share: 0, count: 1, periodMs: 60_000 } };
  const scaler = new Scaler('users', replicas({ scale: [target('in-flight', 10), morning], behavior: slow }));
  const decision = scaler.decide(sample(100, 1, { 'in-flight': total(5) }, { schedules: new Map([['morning', { beganAt: 99_000 }]]) }));
  assert.deepEqual([decision.wanted, decision.winner], [4, 'morning']);
});

const sale: EventPolicyPlan = { policy: 'event', name: 'sale', atMs: 10_000, forMs: 20_000, times: 4 };

test('event: so many times what was wanted when it began, and it ends by itself', () => {
  const scaler = new Scaler('users', replicas({ scale: [sale, target('in-flight', 10)] }));
  const decisions = run(scaler, { from: 8, seconds: 24, wanted: 2, figures: (second) => ({ 'in-flight': total(second < 20 ? 20 : 30) }) });
  assert.deepEqual(
    decisions.map((each) => each.wanted),
    [2, 2, ...Array<number>(20).fill(8), 3, 3],
  );
  assert.equal(decisions[2]?.reason, 'sale (4 × 2, ends in 20 s): 8 wanted');
});

test('event: more than it asks for is not kept away; a restart within it takes what is wanted then', () => {
  const scaler = new Scaler('users', replicas({ scale: [sale, target('in-flight', 10)] }));
  const later = { wall: timestamp(25_000) };
  assert.equal(scaler.decide(sample(25, 2, { 'in-flight': total(30) }, later)).wanted, 12);
  assert.equal(scaler.decide(sample(26, 12, { 'in-flight': total(300) }, { wall: timestamp(26_000) })).wanted, 30);
});
