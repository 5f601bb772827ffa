/** Filters of users in a whole gateway: functions of a TypeScript configuration, and code that fails where nobody awaits it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { askPort } from '../support/filter-stage.ts';
import { SluiceProcess } from '../support/sluice-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-custom-filters-'));
after(() => rmSync(directory, { recursive: true, force: true }));

async function up(
  t: TestContext,
  filters: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ sluice: SluiceProcess; port: number }> {
  const path = join(directory, 'sluice.config.ts');
  writeFileSync(
    path,
    `import { compress, custom, defineConfig, defineFilter, env, loadPlan } from 'sluice';
void loadPlan;
const hello = defineFilter<{ name: string }>((request, next, { name }) => ({ status: 200, body: 'hello ' + (name ?? env('SLUICE_TEST_NAME', 'you')) }));
export default defineConfig({
  listeners: { web: { http: '127.0.0.1:0' } }, admin: false, workers: 1,
  routes: [{ path: '/*', filters: [compress(), ${filters}] }],
});`,
  );
  const sluice = new SluiceProcess(['up', '--config', path], { env });
  t.after(() => sluice.signal('SIGKILL'));
  const [, port] = await sluice.line(/^ {2}listener .*http:\/\/\S+:(\d+)/);
  return { sluice, port: Number(port) };
}

test('a function in the list, and one with options, answer in every worker', async (t) => {
  for (const [filters, body] of [
    ['hello', 'hello you'],
    [`custom(hello, { options: { name: 'Ada' }, timeout: '5s' })`, 'hello Ada'],
  ] as const) {
    const { port, sluice } = await up(t, filters);
    assert.equal((await askPort(port, '/')).body, body);
    sluice.signal('SIGTERM');
    await sluice.ended;
  }
});

test('what a filter leaves to fail later is told, and the worker goes on', async (t) => {
  const { port, sluice } = await up(
    t,
    `(request) => {
      if (request.path === '/reject') void Promise.reject(new Error('left alone'));
      if (request.path === '/timer') setTimeout(() => { throw new Error('from a timer'); });
      return { status: 200, body: String(globalThis.count = (globalThis.count ?? 0) + 1) };
    }`,
  );
  assert.equal((await askPort(port, '/reject')).body, '1');
  await sluice.line(/filter left an error.*left alone \(.*sluice\.config\.ts, line \d+\)/);
  assert.equal((await askPort(port, '/timer')).body, '2');
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal((await askPort(port, '/')).body, '3', 'the same worker, with its memory');
});

test('a worker with filters of users loads neither the schema nor the parsers', async (t) => {
  const spy = join(directory, 'spy.mjs');
  writeFileSync(
    spy,
    `import { registerHooks } from 'node:module';
if (process.send === undefined)
  registerHooks({ load(url, context, next) { process.stderr.write('loaded ' + url + '\\n'); return next(url, context); } });`,
  );
  const { port, sluice } = await up(t, 'hello', { NODE_OPTIONS: `--import=${pathToFileURL(spy).href}` });
  assert.equal((await askPort(port, '/')).status, 200);
  sluice.signal('SIGTERM');
  await sluice.ended;
  const loaded = sluice.lines.filter((line) => line.startsWith('loaded '));
  assert.ok(
    loaded.some((line) => line.includes('/sluice.config.ts?')),
    'the spy sees what workers load',
  );
  const heavy =
    /node_modules\/(?:zod|yaml|jiti)\/|\/src\/config\/(?:schema\/|checks\/|validate|compile|parse-text|locate)|\/src\/io\/(?:load-plan|config-file)\.ts/;
  assert.deepEqual(
    loaded.filter((line) => heavy.test(line)),
    [],
  );
});
