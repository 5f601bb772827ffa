import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planFrom } from './load-plan.ts';

const VALUE = { listeners: { web: { http: ':8080' } }, services: { web: { endpoints: ['127.0.0.1:3001'] } }, routes: [{ to: 'web' }] };
const OPTIONS = { generation: 7, cores: 4 };

test('a value becomes a plan with its generation and one worker per core', async () => {
  const result = await planFrom(VALUE, OPTIONS);
  assert.ok(result.ok);
  assert.deepEqual([result.plan.generation, result.plan.workers, result.settings], [7, 4, { watch: false, adminToken: null, acme: null }]);
});

test('the command line wins over the file, and is validated like it', async () => {
  const result = await planFrom({ ...VALUE, workers: 2 }, { ...OPTIONS, override: { workers: 3, admin: false } });
  assert.ok(result.ok);
  assert.deepEqual([result.plan.workers, result.plan.admin], [3, null]);
  const refused = await planFrom(VALUE, { ...OPTIONS, override: { admin: '0.0.0.0:9900' } });
  assert.match(refused.ok ? '' : (refused.faults[0]?.message ?? ''), /^admin is reachable/);
});

test('the token stays on the main thread', async () => {
  const token = 'kW3vQ8zL1mN5bX7cT2yR6uP9sD4fG0hJ';
  const result = await planFrom({ ...VALUE, admin: { address: ':9900', token } }, OPTIONS);
  assert.ok(result.ok);
  assert.equal(result.settings.adminToken, token);
  assert.ok(!JSON.stringify(result.plan).includes(token));
});

test('expressions are held to the bounds of the engine that runs them', async () => {
  const faultsOf = async (regex: string): Promise<number> => {
    const result = await planFrom({ ...VALUE, routes: [{ path: { regex }, to: 'web' }] }, OPTIONS);
    return result.ok ? 0 : result.faults.length;
  };
  assert.equal(await faultsOf('/v[0-9]+/.*'), 0);
  for (const regex of ['(?=a)', '(', String.raw`(a)\1`, '((a{100}){100}){100}']) assert.equal(await faultsOf(regex), 1, regex);
});
