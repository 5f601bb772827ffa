import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servicePlan } from '../../../test/support/plans.ts';
import { usesReports } from './load-report.ts';

test('reports are read where the algorithm or a scaling policy wants them', () => {
  const plan = servicePlan('web', []);
  assert.equal(usesReports(plan), false);
  assert.equal(usesReports({ ...plan, readsReports: true }), true);
  assert.equal(usesReports({ ...plan, balance: { ...plan.balance, algorithm: 'prequal' } }), true);
});
