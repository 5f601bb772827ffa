/** The access log says which filter answered in place of the service. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startGuarded } from '../../../test/support/guarded-plane.ts';

type Filters = Parameters<typeof startGuarded>[0];

const folder = mkdtempSync(join(tmpdir(), 'sluice-answered-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What the log says of one request. */
async function logged(filters: Filters): Promise<readonly [status: unknown, filter: unknown]> {
  const target = join(folder, `${files++}.log`);
  await using world = await startGuarded(filters, { accessLog: { target, format: 'json' } });
  await world.ask();
  await world.plane.closeLog();
  const line = JSON.parse(readFileSync(target, 'utf8').trim()) as Record<string, unknown>;
  return [line['status'], line['filter']];
}

let files = 0;

test('a refusal is logged with the filter that refused', async () => {
  assert.deepEqual(await logged(['requestId', { ip: { deny: ['127.0.0.0/8'] } }]), [403, 'ip']);
  assert.deepEqual(await logged([{ apiKey: { keys: [{ name: 'a', hash: `sha256:${'0'.repeat(64)}` }] } }]), [401, 'apiKey']);
  assert.deepEqual(await logged([{ fault: { delay: { by: '1ms' }, abort: { status: 503 } } }]), [503, 'fault']);
});

test('so are a fixed reply and a file', async () => {
  writeFileSync(join(folder, 'index.html'), 'hi');
  assert.deepEqual(await logged([{ fixed: { body: 'hi' } }]), [200, 'fixed']);
  assert.deepEqual(await logged([{ static: { root: folder } }]), [200, 'static']);
});

test('what the service answered has none, whatever let it pass', async () => {
  assert.deepEqual(await logged(['requestId', { ip: { allow: ['127.0.0.0/8'] } }]), [200, undefined]);
});
