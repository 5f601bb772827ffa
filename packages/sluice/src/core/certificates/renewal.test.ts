import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../base/random.ts';
import { timestamp } from '../../base/time.ts';
import { askPauseMs, failurePauseMs, orderTime, type RenewalState, renewalStep, settledPauseMs } from './renewal.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = 1_700_000_000_000;
const at = (days: number) => timestamp(START + days * DAY_MS);
const STATE: RenewalState = {
  life: { notBefore: at(0), notAfter: at(90) },
  window: null,
  askAt: null,
  attemptAt: timestamp(0),
  share: 0.5,
};

test('what is missing is ordered at once, unless a failure says wait', () => {
  const missing = { ...STATE, life: null };
  assert.deepEqual(renewalStep(missing, at(0)), { kind: 'issue' });
  assert.deepEqual(renewalStep({ ...missing, askAt: at(0) }, at(0)), { kind: 'issue' });
  assert.deepEqual(renewalStep({ ...missing, attemptAt: timestamp(at(0) + 1_000) }, at(0)), { kind: 'wait', ms: 1_000 });
});

test('without a window it is renewed at two thirds of its life, give or take three of ninety days', () => {
  assert.equal(orderTime(STATE), at(60));
  assert.equal(orderTime({ ...STATE, share: 0 }), at(57));
  assert.ok(orderTime({ ...STATE, share: 0.999 }) < at(63));
  assert.deepEqual(renewalStep(STATE, at(59.9)), { kind: 'wait', ms: HOUR_MS });
  assert.deepEqual(renewalStep(STATE, at(60)), { kind: 'issue' });
});

test('within the window that the server suggests, and at once when it has passed', () => {
  const state = { ...STATE, window: { startMs: at(40), endMs: at(42) } };
  assert.equal(orderTime(state), at(41));
  assert.deepEqual(renewalStep(state, at(41)), { kind: 'issue' });
  const past = { ...STATE, window: { startMs: at(-3), endMs: at(-1) } };
  assert.deepEqual(renewalStep(past, at(5)), { kind: 'issue' });
});

test('a window beyond the end does not let the certificate expire', () => {
  assert.equal(orderTime({ ...STATE, window: { startMs: at(200), endMs: at(300) } }), at(81));
});

test('the server is asked when it is time, also when an order is due', () => {
  assert.deepEqual(renewalStep({ ...STATE, askAt: at(1) }, at(1)), { kind: 'ask' });
  assert.deepEqual(renewalStep({ ...STATE, askAt: at(61) }, at(62)), { kind: 'ask' });
  assert.deepEqual(renewalStep({ ...STATE, askAt: at(63) }, at(62)), { kind: 'issue' });
  const soon = timestamp(at(1) - 5_000);
  assert.deepEqual(renewalStep({ ...STATE, askAt: at(1) }, soon), { kind: 'wait', ms: 5_000 });
});

test('a failed renewal waits, however late it is', () => {
  const state = { ...STATE, attemptAt: timestamp(at(70) + 60_000) };
  assert.deepEqual(renewalStep(state, at(70)), { kind: 'wait', ms: 60_000 });
});

test('whatever is known, a wait is positive and ends within the hour', () => {
  const time = fc.integer({ min: -200, max: 200 }).map(at);
  const window = fc.option(
    fc.tuple(time, fc.integer({ min: 0, max: 50 })).map(([from, days]) => ({ startMs: from, endMs: from + days * DAY_MS })),
  );
  fc.assert(
    fc.property(
      time,
      fc.option(time),
      time,
      window,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (now, askAt, attemptAt, suggested, share) => {
        const step = renewalStep({ ...STATE, askAt, attemptAt, window: suggested, share }, now);
        if (step.kind === 'wait') assert.ok(step.ms > 0 && step.ms <= HOUR_MS);
        else if (step.kind === 'issue') assert.ok(now >= attemptAt);
        else assert.ok(askAt !== null && now >= askAt);
      },
    ),
  );
});

test('the pause between two questions is what the server says, within a minute and a day', () => {
  assert.deepEqual([null, 0, 120_000, 10 * DAY_MS].map(askPauseMs), [6 * HOUR_MS, 60_000, 120_000, DAY_MS]);
});

const FAILURE = { failures: 1, isUnreachable: false, retryAfterMs: null, remainingMs: null };

test('failures wait longer each time, up to twelve hours', () => {
  const full = (failures: number): number => failurePauseMs({ ...FAILURE, failures }, () => 0);
  assert.deepEqual(
    [1, 2, 3, 4, 20, 1_000].map(full),
    [5, 10, 20, 40, 720, 720].map((minutes) => minutes * 60_000),
  );
  assert.equal(
    failurePauseMs({ ...FAILURE, isUnreachable: true }, () => 0),
    30_000,
  );
  assert.equal(
    failurePauseMs(FAILURE, () => 0.5),
    270_000,
  );
});

test('public authorities allow five failed proofs an hour: we make no more than five', () => {
  const random = seededRandom(7);
  let now = 0;
  const attempts: number[] = [];
  for (let failures = 1; failures < 40; failures++) {
    attempts.push(now);
    now += failurePauseMs({ ...FAILURE, failures }, random);
  }
  for (const start of attempts) assert.ok(attempts.filter((time) => time >= start && time < start + HOUR_MS).length <= 5);
});

test("the server's word counts when it is longer", () => {
  assert.equal(
    failurePauseMs({ ...FAILURE, retryAfterMs: 2 * HOUR_MS }, () => 0),
    2 * HOUR_MS,
  );
  assert.equal(
    failurePauseMs({ ...FAILURE, retryAfterMs: 1_000 }, () => 0),
    300_000,
  );
});

test('near the end of the certificate in use it is tried at least every hour', () => {
  const pause = (days: number): number => failurePauseMs({ ...FAILURE, failures: 20, remainingMs: days * DAY_MS }, () => 0);
  assert.deepEqual([10, 1, 0.01, -3].map(pause), [12 * HOUR_MS, 6 * HOUR_MS, HOUR_MS, HOUR_MS]);
});

test('after an order that went well there is peace for a while, whatever the life', () => {
  const pause = (days: number): number => settledPauseMs({ notBefore: at(0), notAfter: at(days) });
  assert.deepEqual([90, 0.5, 1 / 24, 0, -1].map(pause), [6 * HOUR_MS, 3 * HOUR_MS, HOUR_MS / 4, 60_000, 60_000]);
});
