import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant } from '../../base/time.ts';
import {
  carryProbeState,
  probeWaitMs,
  probeWindowMs,
  type ProbeRules,
  type ProbeState,
  startProbeState,
  stepProbeState,
} from './probe-state.ts';

const RULES: ProbeRules = { intervalMs: 5_000, fastIntervalMs: 1_000, timeoutMs: 2_000, jitter: 0.1, rise: 2, fall: 3, initial: 'up' };

function run(state: ProbeState, results: string, rules = RULES): { state: ProbeState; changes: string[] } {
  const changes: string[] = [];
  for (const [index, result] of results.split('').entries()) {
    const step = stepProbeState(state, rules, result === '+', instant(index * 1_000));
    state = step.state;
    changes.push(step.change ?? '-');
  }
  return { state, changes };
}

test('fall failures in a row take an endpoint down, a success in between starts the count again', () => {
  assert.deepEqual(run(startProbeState('up'), '--+---').changes, ['-', '-', '-', '-', '-', 'down']);
});

test('rise successes in a row bring it up', () => {
  assert.deepEqual(run(startProbeState('down'), '+-++').changes, ['-', '-', '-', 'up']);
});

test('waits are fast while a change is being confirmed and before the first result', () => {
  const middle = (): number => 0.5;
  assert.equal(probeWaitMs(startProbeState('up'), RULES, middle), 1_000);
  assert.equal(probeWaitMs(run(startProbeState('up'), '+').state, RULES, middle), 5_000);
  assert.equal(probeWaitMs(run(startProbeState('up'), '+-').state, RULES, middle), 1_000);
  assert.equal(probeWaitMs(run(startProbeState('up'), '---').state, RULES, middle), 5_000);
  assert.equal(probeWaitMs(run(startProbeState('down'), '-').state, RULES, middle), 1_000, 'a new instance is awaited');
});

test('each wait lies within interval × (1 ± jitter)', () => {
  const { state } = run(startProbeState('up'), '+');
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
      const waitMs = probeWaitMs(state, RULES, () => random);
      return waitMs >= 4_500 && waitMs <= 5_500;
    }),
  );
  assert.equal(probeWindowMs(RULES), 7_500);
});

test('the row of failures is dated from its first', () => {
  assert.equal(run(startProbeState('up'), '+--').state.failingSince, 1_000);
  assert.equal(run(startProbeState('up'), '--+').state.failingSince, null);
});

test('a changed check keeps what is known, and starts counting anew', () => {
  const { state } = run(startProbeState('up'), '--');
  const carried = carryProbeState(state);
  assert.equal(carried.isUp, true);
  assert.deepEqual(run(carried, '-').changes, ['-']);
});

test('the state changes exactly at the end of a row of rise or fall results against it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
      (results, rise, fall) => {
        const rules = { ...RULES, rise, fall };
        let state = startProbeState('up');
        let row = 0;
        for (const passed of results) {
          row = passed === state.isUp ? 0 : row + 1;
          const expected = row === (passed ? rise : fall) ? (passed ? 'up' : 'down') : null;
          const step = stepProbeState(state, rules, passed, instant(0));
          assert.equal(step.change, expected);
          if (expected !== null) row = 0;
          state = step.state;
        }
      },
    ),
  );
});
