/** What a running gateway has in its process: not the schema, not the parsers, nothing of the configuration but its Plan (decision 9). */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { SluiceProcess } from '../support/sluice-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-resident-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** Says on stderr what each thread of the gateway's process loads; its other processes have a channel to it. */
const SPY = `import { registerHooks } from 'node:module';
if (process.send === undefined)
  registerHooks({ load(url, context, next) { process.stderr.write('loaded ' + url + '\\n'); return next(url, context); } });`;

const HEAVY =
  /node_modules\/(?:zod|yaml|jiti)\/|\/src\/config\/(?:schema\/|checks\/|validate|compile|parse-text|locate)|\/src\/io\/(?:load-plan|config-file|config-module)/;

const CONFIG = `export default {
  listeners: { web: { http: '127.0.0.1:0' } }, services: { web: { endpoints: ['127.0.0.1:9'] } }, routes: [{ to: 'web' }], admin: false, workers: 1,
};`;

/** What orders and makes certificates, and what asks about them. */
const CERTIFICATES =
  /node_modules\/(?:jose|@peculiar|reflect-metadata|tsyringe)\/|\/src\/clients\/|\/src\/io\/x509\/|\/src\/control\/certificates\/(?!certificate-keeper)/;
/** The part of it that a process of its own has for the gateway. */
const ORDERING = /node_modules\/(?:jose|@peculiar|reflect-metadata|tsyringe)\/|\/src\/clients\/|\/src\/io\/x509\/|acme-issuer/;

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  up: ['--config', join(directory, 'sluice.config.ts')],
  proxy: ['--from', '127.0.0.1:0', '--to', '127.0.0.1:9', '--admin', 'off', '--workers', '1'],
  run: ['--port', '127.0.0.1:0', '--admin', 'off', '--workers', '1', '--', process.execPath, '-e', 'setInterval(() => {}, 1000)'],
};

for (const [command, flags] of Object.entries(COMMANDS)) {
  test(`\`sluice ${command}\` never loads the schema or a parser`, async (t) => {
    writeFileSync(join(directory, 'sluice.config.ts'), CONFIG);
    const sluice = startSpied(t, [command, ...flags]);
    await sluice.line(/^ {2}listener /);
    sluice.signal('SIGTERM');
    await sluice.ended;
    const loaded = sluice.lines.filter((line) => line.startsWith('loaded '));
    assert.ok(
      loaded.some((line) => line.endsWith('/src/cli/program.ts')),
      'the spy sees what is loaded',
    );
    assert.deepEqual(
      loaded.filter((line) => HEAVY.test(line) || CERTIFICATES.test(line)),
      [],
    );
  });
}

/** What the admin API is made of. */
const API = /node_modules\/(?:zod|hono|@hono)\/|\/src\/admin\/(?:app\.|routes\/|schemas\/)/;

test('the admin API loads its schemas when it is asked, and not for health and metrics', async (t) => {
  const path = join(directory, 'watched.json');
  const socket = join(directory, 'admin.sock');
  writeFileSync(
    path,
    JSON.stringify({ listeners: { web: { http: '127.0.0.1:0' } }, routes: [{ respond: 204 }], admin: `unix:${socket}`, workers: 1 }),
  );
  const sluice = startSpied(t, ['up', '--config', path]);
  await sluice.line(/^ {2}listener /);
  const loaded = (): string[] => sluice.lines.filter((line) => line.startsWith('loaded ') && API.test(line));
  for (const probe of ['/healthz', '/metrics']) assert.equal(await statusOf(socket, probe), 200);
  assert.deepEqual(loaded(), []);
  assert.equal(await statusOf(socket, '/api/status'), 200);
  await sluice.line(/^loaded .*\/src\/admin\/app\.ts$/);
  sluice.signal('SIGTERM');
  await sluice.ended;
});

function statusOf(socketPath: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ socketPath, path, headers: { host: 'localhost' }, agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    }).once('error', reject);
  });
}

test('certificates are ordered outside of the gateway', async (t) => {
  const config = {
    listeners: {
      web: { http: '127.0.0.1:0' },
      secure: { https: '127.0.0.1:0', tls: { certificates: [{ acme: ['a.example.com'] }] } },
    },
    acme: { terms: 'agreed', directory: 'https://127.0.0.1:1/dir', storage: join(directory, 'certificates') },
    routes: [{ respond: 204 }],
    admin: false,
    workers: 1,
  };
  const path = join(directory, 'acme.json');
  writeFileSync(path, JSON.stringify(config));
  const sluice = startSpied(t, ['up', '--config', path]);
  await sluice.line(/certificate-failed .*ACME server 127\.0\.0\.1:1/);
  sluice.signal('SIGTERM');
  await sluice.ended;
  const loaded = sluice.lines.filter((line) => line.startsWith('loaded '));
  assert.ok(
    loaded.some((line) => line.endsWith('/renewal-loop.ts')),
    'the spy sees what is loaded',
  );
  assert.deepEqual(
    loaded.filter((line) => HEAVY.test(line) || ORDERING.test(line)),
    [],
  );
});

function startSpied(t: TestContext, words: readonly string[]): SluiceProcess {
  const spy = join(directory, 'spy.mjs');
  writeFileSync(spy, SPY);
  const sluice = new SluiceProcess(words, { env: { NODE_OPTIONS: `--import=${pathToFileURL(spy).href}` } });
  t.after(() => sluice.signal('SIGKILL'));
  return sluice;
}
