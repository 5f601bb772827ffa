import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as library from './index.ts';
import * as worker from './worker-index.ts';

test('a configuration that a worker imports finds every name of the library there', () => {
  assert.deepEqual(Object.keys(worker).toSorted(), Object.keys(library).toSorted());
});

test('what needs the schema says that it is not there', async () => {
  assert.throws(() => worker.configJsonSchema(), /not available in a gateway's worker/);
  await assert.rejects(worker.loadPlan(), /loadPlan\(\) is not available/);
  await assert.rejects(worker.planFrom(), /planFrom\(\) is not available/);
});

test('each kind has a function for configurations, but code of users, which is its own', () => {
  assert.deepEqual(library.compress(), { compress: {} });
  assert.deepEqual(library.requestId({ format: 'hex' }), { requestId: { format: 'hex' } });
  assert.deepEqual(library.custom({ module: './a.ts' }), { custom: { module: './a.ts' } });
});
