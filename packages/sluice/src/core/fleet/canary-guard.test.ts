import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUCKET_COUNT, bucketOf } from '../../base/histogram.ts';
import { seededRandom, type Random } from '../../base/random.ts';
import { differenceLowerBound, fisherTail } from './canary-guard-statistics.ts';
import { judgeCanary, NO_LOOKS } from './canary-guard.ts';
import type { CanaryGuardPlan } from './deploy-policy.ts';

const PLAN: CanaryGuardPlan = { errorMargin: 0.01, latencyMargin: 0.2, requestsMin: 100, significance: 0.01 };

/** How a version behaves: share of failures, and a latency drawn log-normally around a median with a spread. */
interface Behaviour {
  readonly failures: number;
  readonly medianMs: number;
}

function sample(random: Random): {
  readonly add: (behaviour: Behaviour) => void;
  readonly figures: { requests: number; failures: number; buckets: Float64Array };
} {
  const figures = { requests: 0, failures: 0, buckets: new Float64Array(BUCKET_COUNT) };
  const add = ({ failures, medianMs }: Behaviour): void => {
    figures.requests++;
    if (random() < failures) figures.failures++;
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    figures.buckets[bucketOf(medianMs * Math.exp(0.5 * normal))]!++;
  };
  return { add, figures };
}

/** Sends requests one by one, every tenth to the canary, looking after each of its requests. @returns Requests of the canary until the verdict. */
function watch(seed: number, from: Behaviour, to: Behaviour, requests: number, plan = PLAN): number | null {
  const random = seededRandom(seed);
  const [old, fresh] = [sample(random), sample(random)];
  let guard = NO_LOOKS;
  for (let sent = 1; sent <= requests; sent++) {
    if (sent % 10 !== 0) {
      old.add(from);
      continue;
    }
    fresh.add(to);
    const look = judgeCanary(guard, plan, { from: old.figures, to: fresh.figures });
    guard = look.guard;
    if (look.verdict !== null) return fresh.figures.requests;
  }
  return null;
}

function alarms(runs: number, from: Behaviour, to: Behaviour, plan = PLAN): number {
  let count = 0;
  for (let seed = 1; seed <= runs; seed++) if (watch(seed, from, to, 20_000, plan) !== null) count++;
  return count;
}

test('Fisher and Newcombe agree with published figures', () => {
  // R: fisher.test(matrix(c(8, 2, 1, 9), 2), alternative = "greater")$p.value = 0.002739
  assert.ok(Math.abs(fisherTail({ marked: 8, total: 10 }, { marked: 1, total: 10 }) - 0.002739) < 1e-5);
  // The lady tasting tea: 1/70.
  assert.ok(Math.abs(fisherTail({ marked: 4, total: 4 }, { marked: 0, total: 4 }) - 1 / 70) < 1e-9);
  assert.ok(Math.abs(fisherTail({ marked: 0, total: 50 }, { marked: 0, total: 50 }) - 1) < 1e-9);
  // Newcombe (1998), table II, example (a): 56/70 against 48/80, 95 % two-sided, method 10: 0.0524 to 0.3339.
  assert.ok(Math.abs(differenceLowerBound({ marked: 56, total: 70 }, { marked: 48, total: 80 }, 0.025) - 0.0524) < 2e-4);
  // Example (g): 10/10 against 0/20: 0.6791 to 1.
  assert.ok(Math.abs(differenceLowerBound({ marked: 10, total: 10 }, { marked: 0, total: 20 }, 0.025) - 0.6791) < 2e-4);
});

test('equal versions are rolled back no more often than the significance, over all looks together', () => {
  const runs = 200;
  const strict: CanaryGuardPlan = { ...PLAN, errorMargin: 0, latencyMargin: 0, significance: 0.05 };
  for (const failures of [0, 0.002, 0.05, 0.5]) {
    const equal = { failures, medianMs: 40 };
    const count = alarms(runs, equal, equal, strict);
    // 5 % of 200 are 10; three standard deviations (3.1 each) above.
    assert.ok(count <= 19, `failure share ${failures}: ${count} false alarms in ${runs} runs of 20,000 requests`);
    assert.ok(alarms(100, equal, equal) <= 4, `failure share ${failures} with the usual margins`);
  }
});

test('a version inside the margins stays', () => {
  assert.ok(alarms(100, { failures: 0.001, medianMs: 40 }, { failures: 0.006, medianMs: 45 }) <= 4);
});

test('a clearly worse version is found within a few hundred of its requests', () => {
  const within = (to: Behaviour, requests: number): number => {
    let found = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const at = watch(seed, { failures: 0.001, medianMs: 40 }, to, 20_000);
      if (at !== null && at <= requests) found++;
    }
    return found;
  };
  assert.equal(within({ failures: 0.2, medianMs: 40 }, 150), 100, '20 % errors: at the first or second look');
  assert.ok(within({ failures: 0.05, medianMs: 40 }, 760) >= 95, `5 % errors: ${within({ failures: 0.05, medianMs: 40 }, 760)}`);
  assert.equal(within({ failures: 0.001, medianMs: 80 }, 150), 100, 'twice as slow');
  assert.ok(within({ failures: 0.001, medianMs: 60 }, 760) >= 95, `1.5 times as slow: ${within({ failures: 0.001, medianMs: 60 }, 760)}`);
});

test('nothing is said on fewer requests than asked for, of either version, and looks become rarer', () => {
  const bad = { requests: 99, failures: 99, buckets: new Float64Array(BUCKET_COUNT) };
  const good = { requests: 5_000, failures: 0, buckets: new Float64Array(BUCKET_COUNT) };
  assert.deepEqual(judgeCanary(NO_LOOKS, PLAN, { from: good, to: bad }), { guard: NO_LOOKS, verdict: null });
  assert.deepEqual(judgeCanary(NO_LOOKS, PLAN, { from: { ...good, requests: 99 }, to: { ...bad, requests: 5_000 } }).verdict, null);
  assert.match(judgeCanary(NO_LOOKS, PLAN, { from: good, to: { ...bad, requests: 100 } }).verdict!, /99 % of 100 requests failed/);
  const one = judgeCanary(NO_LOOKS, PLAN, { from: good, to: { ...good, requests: 340 } });
  assert.deepEqual(one.guard, { looks: 1, looksOfStep: 4 });
  assert.equal(judgeCanary(one.guard, PLAN, { from: good, to: { ...bad, requests: 505 } }).guard, one.guard);
});

test('latencies beyond what the histogram tells apart are no verdict', () => {
  const slow = new Float64Array(BUCKET_COUNT);
  slow[BUCKET_COUNT - 1] = 1_000;
  const figures = { requests: 1_000, failures: 0, buckets: slow };
  assert.equal(judgeCanary(NO_LOOKS, PLAN, { from: figures, to: figures }).verdict, null);
});
