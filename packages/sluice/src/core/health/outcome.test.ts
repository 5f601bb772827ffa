import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointTable } from '../balancing/endpoint-table.ts';
import { NO_CONSECUTIVE_RULES, type Outcome, recordOutcome } from './outcome.ts';

const RULES = { consecutive5xx: 5, consecutiveGatewayErrors: 3, consecutiveLocalErrors: 2 };
const SLOT = 7;

function feed(table: ReturnType<typeof endpointTable>, outcomes: readonly Outcome[]): boolean[] {
  return outcomes.map((outcome) => recordOutcome(table, RULES, SLOT, outcome, 2));
}

function rows(table: ReturnType<typeof endpointTable>): number[] {
  return [table.consecutive5xx[SLOT]!, table.consecutiveGateway[SLOT]!, table.consecutiveLocal[SLOT]!];
}

test('every outcome is counted, with its latency', () => {
  const table = endpointTable();
  feed(table, ['ok', '5xx', 'gateway', 'local']);
  assert.deepEqual([table.ended[SLOT], table.failed[SLOT], table.latencySum[SLOT]], [4, 3, 500]);
});

test('a gateway error is also a 5xx, a local error is both', () => {
  const table = endpointTable();
  feed(table, ['5xx', 'gateway', 'local']);
  assert.deepEqual(rows(table), [3, 2, 1]);
});

test('a reply ends the row of local errors, one that is no gateway error that row, a success all', () => {
  const table = endpointTable();
  feed(table, ['local', 'gateway']);
  assert.deepEqual(rows(table), [2, 2, 0]);
  feed(table, ['5xx']);
  assert.deepEqual(rows(table), [3, 0, 0]);
  feed(table, ['ok']);
  assert.deepEqual(rows(table), [0, 0, 0]);
});

test('an endpoint becomes suspect exactly when a rule reaches its count, once per row', () => {
  const table = endpointTable();
  assert.deepEqual(feed(table, ['local', 'local', 'local', '5xx', '5xx', '5xx']), [false, true, true, false, true, false]);
  assert.deepEqual(feed(table, ['ok', 'gateway', 'gateway', 'gateway', 'gateway']), [false, false, false, true, false]);
});

test('without rules nothing becomes suspect', () => {
  const table = endpointTable();
  for (let index = 0; index < 100; index++) assert.equal(recordOutcome(table, NO_CONSECUTIVE_RULES, SLOT, 'local', 1), false);
});
