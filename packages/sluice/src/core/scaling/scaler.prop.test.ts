import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../base/random.ts';
import { instant } from '../../base/time.ts';
import { replicas, sample, target, total } from '../../../test/support/scaling.ts';
import type { ReplicasPlan, ScaleBehaviorPlan } from './policy.ts';
import { Scaler } from './scaler.ts';

/** The defaults of the configuration. */
const BEHAVIOR: ScaleBehaviorPlan = {
  out: { stabilizationMs: 0, share: 10, count: 10, periodMs: 1_000 },
  in: { stabilizationMs: 15_000, share: 0.5, count: 1, periodMs: 10_000 },
  tolerance: 0.1,
  cooldownMs: 0,
  warmUpMs: 0,
};
const KNATIVE = { stableMs: 20_000, panic: { windowMs: 4_000, threshold: 2 } };

function plan(over: Partial<ReplicasPlan> = {}): ReplicasPlan {
  return replicas({ max: 50, behavior: BEHAVIOR, scale: [target('in-flight', 10, KNATIVE), target('rps', 100)], ...over });
}

const figure = fc.option(fc.double({ min: 0, max: 2_000, noNaN: true }), { freq: 5 });
const moment = fc.record({
  pauseMs: fc.integer({ min: 0, max: 20_000 }),
  inflight: figure,
  rps: figure,
  lost: fc.integer({ min: 0, max: 3 }),
});

test('whatever is seen: the number is within its bounds, each bound goes on from the one before, nothing goes while something is unknown or panics', () => {
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (moments, min) => {
      const scaler = new Scaler('users', plan({ min }));
      let [now, wanted] = [0, min];
      for (const { pauseMs, inflight, rps, lost } of moments) {
        now += pauseMs;
        const ready = Math.max(0, wanted - lost);
        const figures = { 'in-flight': inflight === null ? null : total(inflight), rps: rps === null ? null : total(rps) };
        const decision = scaler.decide(sample(0, wanted, figures, { now: instant(now), ready, warm: ready, starting: wanted - ready }));
        assert.ok(decision.wanted >= min && decision.wanted <= 50, `${decision.wanted}`);
        assert.equal(
          decision.bounds.reduce((count, bound) => (assert.equal(bound.from, count), bound.to), decision.raw),
          decision.wanted,
        );
        assert.equal(decision.answers.find(({ policy }) => policy === decision.winner)?.wanted ?? wanted, decision.raw);
        if (inflight === null || rps === null || decision.answers.some(({ holds }) => holds)) assert.ok(decision.wanted >= wanted);
        ({ wanted } = decision);
      }
    }),
  );
});

test('the first answer never falls when the figure rises', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1_000, noNaN: true }),
      fc.double({ min: 0, max: 1_000, noNaN: true }),
      fc.integer({ min: 1, max: 50 }),
      (one, two, current) => {
        const by = (value: number): number =>
          new Scaler('users', plan()).decide(sample(0, current, { 'in-flight': total(value), rps: total(0) })).wanted;
        assert.ok(by(Math.min(one, two)) <= by(Math.max(one, two)));
      },
    ),
  );
});

test('a constant load is answered once and left alone', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 490, noNaN: true }), fc.integer({ min: 1, max: 50 }), (load, start) => {
      const numbers = follow(() => load, { seconds: 200, start });
      assert.deepEqual(new Set(numbers.slice(100)).size, 1, `${numbers.join(' ')}`);
      assert.ok(turns(numbers) === 0, `${numbers.join(' ')}`);
    }),
  );
});

for (const period of [60, 100, 200, 300, 600]) {
  test(`a noisy sine of ${period} s over 10 minutes turns the number once per half period at most`, () => {
    for (const [amplitude, seed] of [0.3, 0.6, 0.9].flatMap((each) => [1, 2, 3, 4].map((seed) => [each, seed] as const))) {
      const random = seededRandom(seed);
      const load = (second: number): number => poisson(80 * (1 - amplitude * Math.cos((2 * Math.PI * second) / period)), random);
      const lead = 60;
      const numbers = follow((second) => load(Math.max(0, second - lead)), { seconds: lead + 600, start: 2 });
      const allowed = 600 / (period / 2);
      assert.ok(
        turns(numbers.slice(lead)) <= allowed,
        `amplitude ${amplitude}, seed ${seed}: ${turns(numbers.slice(lead))} of ${allowed}: ${numbers.join(' ')}`,
      );
    }
  });
}

function follow(load: (second: number) => number, { seconds, start }: { seconds: number; start: number }): number[] {
  const scaler = new Scaler('users', plan());
  const numbers: number[] = [];
  for (let [second, wanted] = [0, start]; second < seconds; second++) {
    ({ wanted } = scaler.decide(sample(second, wanted, { 'in-flight': total(load(second)), rps: total(0) })));
    numbers.push(wanted);
  }
  return numbers;
}

/** How often the direction changes. */
function turns(numbers: readonly number[]): number {
  let [count, direction] = [0, 0];
  for (const [index, value] of numbers.entries()) {
    const now = Math.sign(value - (numbers[index - 1] ?? value));
    if (now !== 0 && direction !== 0 && now !== direction) count++;
    if (now !== 0) direction = now;
  }
  return count;
}

/** By the normal distribution, which it nearly is for such means. */
function poisson(mean: number, random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
}
