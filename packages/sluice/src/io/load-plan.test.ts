import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { NO_OBSERVE } from '../config/observe-plan.ts';
import { NO_FLEET } from '../config/fleet-plan.ts';
import { planFrom } from './load-plan.ts';

const VALUE = { listeners: { web: { http: ':8080' } }, services: { web: { endpoints: ['127.0.0.1:3001'] } }, routes: [{ to: 'web' }] };
const OPTIONS = { generation: 7, cores: 4 };

test('a value becomes a plan with its generation and one worker per core', async () => {
  const result = await planFrom(VALUE, OPTIONS);
  assert.ok(result.ok);
  const { alerts } = result.settings.observe;
  assert.ok(alerts.rules.length > 0, 'the default rules are on');
  const settings = { watch: false, observe: { ...NO_OBSERVE, alerts }, acme: null, fleet: NO_FLEET };
  assert.deepEqual([result.plan.generation, result.plan.workers, result.settings], [7, 4, settings]);
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
  assert.equal(result.settings.observe.admin.token, token);
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

test('what ACME needs is looked at before it is needed, and its key is never shown', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-acme-faults-'));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  mkdirSync(join(folder, 'open'));
  const faultsOf = async (acme: object): Promise<string[]> => {
    const result = await planFrom({ ...VALUE, acme: { terms: 'agreed', storage: join(folder, 'new', 'deep'), ...acme } }, OPTIONS);
    return result.ok ? [] : result.faults.map(({ message }) => message);
  };
  assert.deepEqual(await faultsOf({}), []);
  assert.match((await faultsOf({ ca: join(folder, 'none.pem') }))[0] ?? '', /^acme\.ca file ".*none\.pem" does not exist/);
  assert.match((await faultsOf({ storage: file }))[0] ?? '', /^acme\.storage must be a directory/);
  assert.match((await faultsOf({ storage: join(file, 'deep') }))[0] ?? '', /^acme\.storage /);
  chmodSync(join(folder, 'open'), 0o777);
  assert.match((await faultsOf({ storage: join(folder, 'open') }))[0] ?? '', /^acme\.storage .* may be written to by other users/);
  const hmacKey = 'k'.repeat(2_000);
  const [fault = ''] = await faultsOf({ account: { keyId: 'a', hmacKey } });
  assert.ok(fault.startsWith('acme.account.hmacKey') && !fault.includes('kkk'), fault);
  rmSync(folder, { recursive: true });
});
