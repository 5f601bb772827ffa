/** The simulator against queueing theory, and the models of others' autoscalers against their rules worked out by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Autoscaler, ServiceView } from './autoscaler.ts';
import { Hpa } from './hpa.ts';
import { Kpa } from './kpa.ts';
import { contenders, simulate } from './setting.ts';
import { stepTrace } from './traces.ts';

/** As many as there are. */
const still: Autoscaler = { name: 'still', periodMs: 1_000, decide: ({ wanted }) => wanted };
const steady = (load: number, seconds: number) => ({ name: 'steady', seconds, load: () => load });

test('an instance at 80 % waits as Erlang C says', () => {
  const exponential = { serviceSeconds: (random: () => number) => -0.1 * Math.log(1 - random()), initial: 1 };
  // M/M/10 at ρ = 0.8: P(wait) = 0.4092, so the mean wait is 0.4092 × S / (c (1 − ρ)) = 20.5 ms, and the time over 0 is 120.5 ms.
  const outcome = simulate(steady(0.8, 5_000), { name: 'still', make: () => still }, 1, { ...exponential, targetSeconds: 0 });
  const meanMs = (outcome.overSeconds / outcome.requests) * 1_000;
  assert.ok(Math.abs(meanMs - 120.5) < 3, `${meanMs} ms`);
  assert.ok(Math.abs(outcome.requests - 400_000) < 3_000, `${outcome.requests} requests`);
  assert.equal(outcome.instanceSeconds, 5_000);
});

test('what finds no place to wait, or waits too long, is refused; each request is done, refused or unfinished', () => {
  const full = simulate(steady(4, 60), { name: 'still', make: () => still }, 1, { initial: 1, waitingMax: 50 });
  assert.equal(full.waitingMost, 50);
  assert.ok(Math.abs(full.refused - 18_000) < 600, `${full.refused} of about 24,000 refused`);
  const late = simulate(steady(4, 60), { name: 'still', make: () => still }, 1, { initial: 1, waitSeconds: 2 });
  assert.ok(late.quantile(0, 60, 1) < 3.5);
  const all = simulate(steady(4, 60), { name: 'still', make: () => still }, 1, { initial: 1 });
  assert.equal(all.requests, full.requests + full.refused);
});

test('instances cost from the decision until their last request is done', () => {
  const plan: Autoscaler = { name: 'plan', periodMs: 10_000, decide: ({ nowMs }) => (nowMs < 15_000 ? 3 : 1) };
  const outcome = simulate(steady(0.001, 60), { name: 'plan', make: () => plan }, 1, { initial: 1, phase: 1 });
  assert.ok(Math.abs(outcome.instanceSeconds - (60 + 2 * 10)) < 0.5, `${outcome.instanceSeconds}`);
});

test('two runs of one seed are the same; another seed is another run', () => {
  const by = (seed: number): number => simulate(stepTrace(60, 1, 4, 20, 40), contenders[0]!, seed).overSeconds;
  assert.equal(by(5), by(5));
  assert.notEqual(by(5), by(6));
});

/** Feeds a constant concurrency per moment. @returns What was wanted, second by second. */
function drive(scaler: Autoscaler, seconds: number, load: (second: number) => number, start: number): number[] {
  const numbers: number[] = [];
  let [wanted, sum] = [start, 0];
  for (let ms = scaler.periodMs; ms <= seconds * 1_000; ms += scaler.periodMs) {
    const concurrency = load(ms / 1_000);
    sum += (concurrency * scaler.periodMs) / 1_000;
    const view: ServiceView = {
      nowMs: ms,
      wanted,
      ready: wanted,
      starting: 0,
      concurrency,
      concurrencySeconds: sum,
      busySeconds: sum,
      arrivals: 0,
    };
    wanted = scaler.decide(view);
    if (ms % 1_000 === 0) numbers.push(wanted);
  }
  return numbers;
}

test('KPA: panics at twice what the ready pods take, holds for 60 s after, and halves at most', () => {
  const numbers = drive(new Kpa(10), 200, (second) => (second > 60 && second <= 66 ? 80 : 10), 1);
  assert.equal(numbers[59], 1);
  assert.equal(numbers[65], 8, 'the short window is full');
  assert.equal(numbers[120], 8, 'held');
  // The mean over 60 s asks for 1 by then; each tick halves.
  const fall = numbers.slice(120).filter((value, index, all) => value !== all[index - 1]);
  assert.deepEqual(fall, [8, 4, 2, 1]);
});

test('HPA: decides every 15 s, doubles or adds 4 at most, and falls only to the most of 300 s', () => {
  const numbers = drive(new Hpa({ metric: 'concurrency', target: 10, concurrency: 10 }), 700, (second) => (second <= 120 ? 100 : 20), 1);
  const changes = numbers.map((value, index) => [index + 1, value]).filter(([second, value]) => value !== numbers[(second ?? 0) - 2]);
  assert.deepEqual(changes.slice(0, 3), [
    [1, 1],
    [15, 5],
    [30, 10],
  ]);
  const fallsAt = changes.at(-1)?.[0] ?? 0;
  assert.equal(changes.at(-1)?.[1], 2);
  assert.ok(fallsAt >= 420 && fallsAt <= 450, `fell at ${fallsAt} s`);
});
