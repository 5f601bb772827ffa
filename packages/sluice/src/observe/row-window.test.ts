import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as check, array, nat, property } from 'fast-check';
import { bucketOf } from '../base/histogram.ts';
import { BUCKETS, ROW_LENGTH } from './metric-layout.ts';
import { RowWindow, SAMPLE_LENGTH, WINDOW_STEPS, rateOf, sampleOf } from './row-window.ts';

const OK = 2;
const FAILED = 5;

/** A row of so many replies of 10 ms. */
function sample(ok: number, failed = 0): Float64Array {
  const row = new Float64Array(ROW_LENGTH);
  row[OK] = ok;
  row[FAILED] = failed;
  row[BUCKETS + bucketOf(10)] = ok + failed;
  return sampleOf(row, new Float64Array(SAMPLE_LENGTH), false);
}

function rate(window: RowWindow, steps = WINDOW_STEPS) {
  const differences = new Float64Array(SAMPLE_LENGTH);
  window.addTo(differences, steps);
  return rateOf(differences, Math.min(steps, window.span), 0);
}

test('rates and percentiles are those of the last ten steps', () => {
  const window = new RowWindow();
  for (let step = 0; step <= 30; step++) window.push(sample(step * 100, step));
  const { rps, errorRps, p50Ms } = rate(window);
  assert.deepEqual([rps, errorRps], [101, 1]);
  assert.ok(p50Ms !== null && p50Ms > 6.3 && p50Ms <= 10, `p50 is ${p50Ms}`);
});

test('what was counted before the first look is not of now', () => {
  const window = new RowWindow();
  window.push(sample(1_000_000));
  assert.deepEqual([rate(window).rps, rate(window).p50Ms], [0, null]);
});

test('a single request after a long silence is seen for ten steps', () => {
  const window = new RowWindow();
  window.push(sample(5));
  for (let step = 0; step < 20; step++) window.stand();
  window.push(sample(6));
  const seen = Array.from({ length: 12 }, () => {
    const { rps } = rate(window);
    window.push(sample(6));
    return rps;
  });
  assert.deepEqual(seen, [...Array(10).fill(0.1), 0, 0]);
  assert.equal(window.isStill, true);
});

test('a row that somebody else was given begins anew', () => {
  const window = new RowWindow();
  for (let step = 0; step < 5; step++) window.push(sample(step * 50));
  window.push(sample(3));
  assert.equal(rate(window).rps, 0);
  window.push(sample(10));
  assert.equal(rate(window).rps, 7);
});

test('no rate is ever negative, and each is that of a list of all samples', () => {
  check(
    property(array(nat(1_000), { minLength: 2, maxLength: 40 }), (rises) => {
      const window = new RowWindow();
      const totals: number[] = [];
      for (const rise of rises) {
        totals.push((totals.at(-1) ?? 0) + rise);
        window.push(sample(totals.at(-1)!));
        const steps = Math.min(WINDOW_STEPS, totals.length - 1);
        const expected = steps === 0 ? 0 : (totals.at(-1)! - totals.at(-1 - steps)!) / steps;
        assert.ok(Math.abs(rate(window).rps - expected) <= 0.05 + 1e-9, `${rate(window).rps} is ${expected}`);
      }
    }),
  );
});
