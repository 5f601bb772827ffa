import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servicePlan, testPlan } from '../../../test/support/plans.ts';
import { timestamp } from '../../base/time.ts';
import { NO_FLEET } from '../../config/fleet-plan.ts';
import { NO_OBSERVE } from '../../config/observe-plan.ts';
import type { Plan } from '../../config/plan.ts';
import { type AppliedPlan, PlanHistory } from './plan-history.ts';

const SETTINGS = { watch: false, observe: NO_OBSERVE, acme: null, fleet: NO_FLEET };

function applied(generation: number, addresses: readonly string[], watch = false): AppliedPlan {
  return { generation, plan: testPlan([servicePlan('web', addresses)]), settings: { ...SETTINGS, watch } };
}

function setUp() {
  const brought: [Plan, string][] = [];
  const history = new PlanHistory();
  history.connect({
    running: () => null,
    bringBack: async (plan, by) => {
      brought.push([plan, by]);
      return { ok: true, generation: 9, changes: [], tookMs: 1 };
    },
  });
  const note = (next: AppliedPlan, by = 'file'): void => history.applied(next, by, timestamp(next.generation));
  return { history, note, brought };
}

test('each configuration that differs is noted: who, when and what', () => {
  const { history, note } = setUp();
  note(applied(1, ['a:1']), 'start');
  note(applied(2, ['a:1', 'b:1']), 'signal');
  note(applied(2, ['a:1', 'b:1']), 'file');
  assert.deepEqual(history.history(), [
    { generation: 2, at: 2, by: 'signal', changes: ['services ~web', 'service "web": endpoints +b:1'], isKept: true, isRunning: true },
    { generation: 1, at: 1, by: 'start', changes: [], isKept: true, isRunning: false },
  ]);
});

test('a setting of the control plane alone makes no other plan, but is told', () => {
  const { history, note } = setUp();
  note(applied(1, ['a:1']), 'start');
  note(applied(1, ['a:1'], true), 'signal');
  assert.deepEqual(
    history.history().map(({ generation, by, changes }) => [generation, by, changes]),
    [[1, 'signal', ['settings: watch']]],
  );
});

test('two are compared in words and in lines', () => {
  const { history, note } = setUp();
  note(applied(1, ['a:1']));
  note(applied(2, ['b:1']));
  const diff = history.diff(1, 2)!;
  assert.deepEqual(diff.changes, ['services ~web', 'service "web": endpoints +b:1 -a:1']);
  assert.match(diff.diff, /^-.*"address": "a:1",$/m);
  assert.match(diff.diff, /^\+.*"address": "b:1",$/m);
  assert.equal(history.diff(1, 7), null);
});

test('the last 20 can be brought back, as they were loaded; of earlier ones only the record is left', async () => {
  const { history, note, brought } = setUp();
  const all = Array.from({ length: 25 }, (_, index) => applied(index + 1, [`a:${index + 1}`]));
  for (const one of all) note(one);
  assert.equal(await history.rollback(5, 'api:ada'), 'unknown');
  assert.equal(history.get(5), null);
  const result = await history.rollback(6, 'api:ada');
  assert.ok(result !== 'unknown' && result.ok);
  assert.deepEqual(brought, [[all[5]!.plan, 'api:ada (rollback to 6)']]);
  assert.equal(brought[0]![0], all[5]!.plan);
  assert.deepEqual([history.history().length, history.history().filter(({ isKept }) => isKept).length], [25, 20]);
});
