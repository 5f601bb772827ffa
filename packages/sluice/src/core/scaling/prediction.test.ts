import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../base/random.ts';
import { timestamp } from '../../base/time.ts';
import type { Decision } from './decision.ts';
import { MinuteHistory } from './minute-history.ts';
import type { PredictPolicyPlan } from './policy.ts';
import { Scaler } from './scaler.ts';
import { replicas, sample, target, total } from '../../../test/support/scaling.ts';

const DAY = 1_440;
const predict: PredictPolicyPlan = { policy: 'predict', name: 'daily', shape: 'daily', target: 10, leadMs: 600_000, quantile: 0.9 };

/** Quiet but for a rush from 9:00 to 12:00 that rises within 10 minutes. */
function rush(minute: number): number {
  const ofDay = minute % DAY;
  if (ofDay < 540 || ofDay >= 720) return 20;
  return 20 + 180 * Math.min(1, (ofDay - 540) / 10);
}

/** One sample a minute. @returns The decisions. */
function feed(scaler: Scaler, from: number, minutes: number, load: (minute: number) => number): Decision[] {
  return Array.from({ length: minutes }, (_, index) => {
    const value = load(from + index);
    return scaler.decide(sample((from + index) * 60, 1, { 'in-flight': total(value) }, { concurrency: value }));
  });
}

const plan = replicas({ scale: [target('in-flight', 10), predict] });
const answerOf = (decision: Decision | undefined): number | null | undefined => decision?.answers[1]?.wanted;

test('it says nothing before it has seen a day and been right for two hours', () => {
  const decisions = feed(new Scaler('users', plan), 0, DAY + 100, rush);
  assert.ok(decisions.every((each) => answerOf(each) === null));
  assert.match(decisions.at(-1)?.answers[1]?.detail ?? '', /too little history/);
});

test('on the next day instances are there before the rush, and no longer than it', () => {
  const decisions = feed(new Scaler('users', plan), 0, 3 * DAY, rush);
  const at = (hour: number, minute: number): Decision | undefined => decisions[2 * DAY + hour * 60 + minute];
  assert.equal(at(8, 40)?.wanted, 2);
  // The shape is smoothed over 11 minutes, so the edge of the rush is a little lower than its top of 20.
  assert.ok((at(8, 59)?.wanted ?? 0) >= 12, `a minute before it ${at(8, 59)?.wanted}, by ${at(8, 59)?.reason}`);
  assert.equal(at(8, 59)?.winner, 'daily');
  assert.ok((at(12, 20)?.wanted ?? 99) <= 3, `after it ${at(12, 20)?.wanted}`);
});

test('it only ever adds to what the load asks for', () => {
  const random = seededRandom(7);
  const noisy = (minute: number): number => rush(minute) * (0.5 + random());
  for (const decision of feed(new Scaler('users', plan), 0, 3 * DAY, noisy)) {
    assert.ok(decision.wanted >= (decision.answers[0]?.wanted ?? 0));
  }
});

test('while "as now" would have been better, it says nothing', () => {
  const random = seededRandom(3);
  let level = 100;
  // A walk without any season: yesterday says nothing about today.
  const walk = (): number => (level = Math.max(1, level * (0.97 + 0.06 * random())));
  const decisions = feed(new Scaler('users', plan), 0, 3 * DAY, walk);
  const active = decisions.filter((each) => answerOf(each) !== null).length;
  assert.ok(active < 0.2 * DAY * 2, `${active} answers`);
  assert.match(decisions.map((each) => each.answers[1]?.detail).join('\n'), /no better than "as now"/);
});

test('the whole history leaves and comes back as plain data, and the forecast with it', () => {
  const before = new Scaler('users', plan);
  feed(before, 0, 2 * DAY + 535, rush);
  const exported = JSON.parse(JSON.stringify(before.exportHistory())) as NonNullable<ReturnType<Scaler['exportHistory']>>;
  const later = new Scaler('users', plan);
  assert.equal(later.importHistory(exported), true);
  // The minute that was open is lost, so the two agree once the next one is complete.
  const here = feed(before, 2 * DAY + 535, 2, rush).at(-1);
  const there = feed(later, 2 * DAY + 535, 2, rush).at(-1);
  assert.ok((answerOf(there) ?? 0) >= 6, `${answerOf(there)} five minutes before the rush, the load needs 2`);
  assert.ok(Math.abs((answerOf(there) ?? 0) - (answerOf(here) ?? 0)) <= 1);
  assert.equal(later.importHistory(exported), false, 'only into an empty history');
});

test('a service without a forecast has no history', () => {
  const scaler = new Scaler('users', replicas());
  assert.equal(scaler.exportHistory(), null);
  assert.equal(scaler.importHistory({ version: 1, firstMinute: 0, values: [1] }), false);
});

test('a history of 14 days is kept, gaps are unknown, and a clock set back changes nothing', () => {
  const history = new MinuteHistory();
  const add = (minute: number, value: number): boolean => history.add(timestamp(minute * 60_000), value);
  add(0, 1);
  add(3, 2);
  add(4, 3);
  assert.deepEqual([history.last, history.at(0), history.at(1), history.at(3)], [3, 1, Number.NaN, 2]);
  assert.equal(add(2, 9), false);
  assert.deepEqual([history.last, history.at(2)], [3, Number.NaN]);
  for (let minute = 5; minute < 30_000; minute++) add(minute, minute);
  assert.deepEqual(
    [history.last, history.at(29_998), history.at(29_998 - 20_159), history.at(29_998 - 20_160)],
    [29_998, 29_998, 9_839, Number.NaN],
  );
  assert.equal(history.export().values.length, 20_160);
});

test('an import that is none of ours is refused', () => {
  const bad = [
    { version: 2, firstMinute: 0, values: [1] },
    { version: 1, firstMinute: -1, values: [1] },
    { version: 1, firstMinute: 0, values: Array.from({ length: 20_161 }, () => 1) },
    { version: 1, firstMinute: 0, values: 'no' },
  ];
  for (const each of bad) assert.equal(new MinuteHistory().import(each as never), false);
  const some = new MinuteHistory();
  assert.equal(some.import({ version: 1, firstMinute: 5, values: [1, null, -3, 4] }), true);
  assert.deepEqual([some.at(5), some.at(6), some.at(7), some.at(8)], [1, Number.NaN, Number.NaN, 4]);
});
