import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { endpointTable } from '../balancing/endpoint-table.ts';
import { admit, allowedInflight, hasRoom, inflightBound, type Priority } from './admission.ts';
import { BREAKER_HALF_OPEN, BREAKER_OPEN, recordTrial, trialsGood } from './breaker-trials.ts';

const SERVICE = 5;
const UNBOUNDED = { requestsMax: 0, queueMax: 0, hasHighPriority: false };

test('with nothing configured everything is admitted', () => {
  const table = endpointTable();
  table.serviceInflight[SERVICE] = 1_000_000;
  assert.equal(admit(table, SERVICE, UNBOUNDED, 'low'), 'admit');
});

test('at the bound a request is shed, or queued where there is a queue', () => {
  const table = endpointTable();
  table.serviceInflight[SERVICE] = 9;
  assert.equal(admit(table, SERVICE, { requestsMax: 10, queueMax: 0, hasHighPriority: false }, 'normal'), 'admit');
  table.serviceInflight[SERVICE] = 10;
  assert.equal(admit(table, SERVICE, { requestsMax: 10, queueMax: 0, hasHighPriority: false }, 'normal'), 'shed');
  assert.equal(admit(table, SERVICE, { requestsMax: 10, queueMax: 5, hasHighPriority: false }, 'normal'), 'queue');
});

test('the lower of the configured and the adaptive bound counts', () => {
  assert.deepEqual(
    [inflightBound(0, 0), inflightBound(7, 0), inflightBound(0, 9), inflightBound(7, 9), inflightBound(9, 7)],
    [0, 7, 9, 7, 7],
  );
  const table = endpointTable();
  table.concurrencyLimit[SERVICE] = 4;
  table.serviceInflight[SERVICE] = 4;
  assert.equal(admit(table, SERVICE, { requestsMax: 10, queueMax: 0, hasHighPriority: false }, 'high'), 'shed');
});

test('low is shed before normal, and normal before high where high exists', () => {
  const shedAt = (priority: Priority, hasHighPriority: boolean): number => {
    const table = endpointTable();
    while (admit(table, SERVICE, { requestsMax: 100, queueMax: 0, hasHighPriority }, priority) === 'admit')
      table.serviceInflight[SERVICE]! += 1;
    return table.serviceInflight[SERVICE]!;
  };
  assert.deepEqual([shedAt('low', true), shedAt('normal', true), shedAt('high', true)], [80, 95, 100]);
  assert.deepEqual([shedAt('low', false), shedAt('normal', false)], [80, 100], 'a configured bound is reached exactly');
});

test('every bound lets at least one request of each priority in, and the order always holds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.boolean(), (bound, hasHigh) => {
      const [low, normal, high] = [
        allowedInflight(bound, 'low', hasHigh),
        allowedInflight(bound, 'normal', hasHigh),
        allowedInflight(bound, 'high', hasHigh),
      ];
      return low >= 1 && low <= normal && normal <= high && high === bound;
    }),
  );
});

test('an open breaker answers before the bounds are looked at', () => {
  const table = endpointTable();
  table.breakerState[SERVICE] = BREAKER_OPEN;
  table.serviceInflight[SERVICE] = 10;
  assert.equal(admit(table, SERVICE, { requestsMax: 10, queueMax: 5, hasHighPriority: false }, 'high'), 'open');
});

test('nobody leaves a queue for a service whose breaker is not closed', () => {
  const table = endpointTable();
  assert.equal(hasRoom(table, SERVICE, UNBOUNDED, 'normal'), true);
  for (const state of [BREAKER_OPEN, BREAKER_HALF_OPEN]) {
    table.breakerState[SERVICE] = state;
    assert.equal(hasRoom(table, SERVICE, UNBOUNDED, 'high'), false);
  }
});

test('half-open, as many trials are admitted as were handed out, and a shed request uses none', () => {
  const table = endpointTable();
  table.breakerState[SERVICE] = BREAKER_HALF_OPEN;
  table.breakerTrials[SERVICE] = 2;
  table.serviceInflight[SERVICE] = 10;
  assert.equal(admit(table, SERVICE, { requestsMax: 10, queueMax: 0, hasHighPriority: false }, 'normal'), 'shed');
  table.serviceInflight[SERVICE] = 0;
  assert.deepEqual(
    [1, 2, 3].map(() => admit(table, SERVICE, UNBOUNDED, 'normal')),
    ['trial', 'trial', 'open'],
  );
  recordTrial(table, SERVICE, false);
  assert.equal(trialsGood(table.breakerTrials[SERVICE] ?? 0), 1);
  assert.equal(admit(table, SERVICE, UNBOUNDED, 'normal'), 'open', 'a good trial hands out no new one');
});

test('a failed trial opens the breaker at once, but never a closed one', () => {
  const table = endpointTable();
  table.breakerState[SERVICE] = BREAKER_HALF_OPEN;
  recordTrial(table, SERVICE, true);
  assert.equal(table.breakerState[SERVICE], BREAKER_OPEN);
  table.breakerState[SERVICE] = 0;
  recordTrial(table, SERVICE, true);
  assert.equal(table.breakerState[SERVICE], 0);
});
