/** Secrets of a configuration, one of each kind, and everything that Sluice shows of itself: none of them is in it, for no scope, not when it is refused either. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/io/ports.ts';
import { startInstance } from '../support/instances.ts';
import { startSluice } from '../support/sluice-process.ts';
import { eventually } from '../support/waiting.ts';

const APP = fileURLToPath(new URL('../fixtures/fleet-app.mjs', import.meta.url));
/** Read of a stream: it has no end. */
const STREAM_BYTES = 65_536;
const STREAM_MS = 1_500;

/** Makes secrets that are known again wherever they show. */
class Markers {
  readonly made = new Map<string, string>();

  /** A text of 40 characters. */
  of(what: string): string {
    const marker = `marker${randomBytes(17).toString('hex')}`;
    this.made.set(what, marker);
    return marker;
  }

  /** Which of them a text has, in any of the forms in which it may be written. */
  in(text: string): string[] {
    const forms = (marker: string): string[] => [
      marker,
      Buffer.from(marker).toString('base64url').slice(0, 50),
      Buffer.from(marker).toString('hex').slice(0, 64),
    ];
    return [...this.made].filter(([, marker]) => forms(marker).some((form) => text.includes(form))).map(([what]) => what);
  }
}

interface Site {
  readonly origin: string;
  readonly away: string;
}

function configOf(secret: Markers, { origin, away }: Site) {
  const one = (what: string): string => secret.of(what);
  return {
    listeners: { web: { http: '127.0.0.1:0' } },
    stores: { main: { url: `redis://user:${one('store password')}@${away}`, prefix: 'nodes:' } },
    services: {
      web: {
        endpoints: [origin],
        affinity: { by: 'cookie', secrets: [one('cookie secret'), one('old cookie secret')] },
        health: { http: '/', interval: '500ms', headers: { authorization: `Bearer ${one('probe header')}` } },
      },
      app: {
        run: {
          command: [process.execPath, APP, `--password=${one('argument')}`],
          env: { DATABASE_URL: `pg://u:${one('environment')}@db/x` },
          ready: '/',
          stop: '1s',
        },
        replicas: 1,
      },
    },
    routes: [
      {
        name: 'guarded',
        path: '/guarded/*',
        to: 'web',
        filters: [
          { rateLimit: { requests: 100, per: '1m', shared: { store: 'main', nodes: 2 } } },
          {
            jwt: {
              issuers: [{ issuer: 'https://one.example/', secret: one('jwt secret') }],
            },
          },
          { forwardAuth: { url: `http://${away}/verify?key=${one('forwardAuth URL')}` } },
          { headers: { request: { set: { 'x-upstream-key': one('request header') } } } },
        ],
      },
      { name: 'matched', path: '/matched/*', headers: { 'x-internal': one('matched header') }, to: 'app' },
      {
        name: 'keys',
        path: '/keys/*',
        to: 'web',
        filters: [{ apiKey: { keys: [{ name: 'shop', hash: `sha256:${digestOf(one('api key hash'))}` }] } }],
      },
      { name: 'fixed', path: '/fixed', filters: [{ fixed: { body: one('reply') } }] },
      { name: 'rest', path: '/*', to: 'app' },
    ],
    accessLog: { target: 'stdout', format: 'json' },
    tracing: { sample: '100%' },
    otlp: {
      url: `http://user:${one('otlp URL')}@${away}`,
      headers: { 'api-key': one('otlp header') },
      resource: { tenant: one('otlp resource') },
      logs: true,
      metrics: { every: '1s' },
    },
    alerts: {
      sinks: {
        chat: { slack: `http://${away}/services/${one('slack URL')}` },
        hook: { webhook: `http://user:${one('webhook password')}@${away}/hook`, headers: { authorization: one('webhook header') } },
        page: { pagerduty: one('pagerduty key'), endpoint: `http://${away}/enqueue` },
        mail: { email: { smtp: `smtp://user:${one('smtp password')}@${away}`, from: 'a@example.com', to: 'b@example.com' } },
        manager: { alertmanager: `http://user:${one('alertmanager password')}@${away}` },
      },
    },
    admin: { address: '127.0.0.1:0', token: one('admin token'), audit: 'audit.log' },
    workers: 1,
  };
}

/** What looks like a digest, and has the marker in it. */
function digestOf(marker: string): string {
  return Buffer.from(marker).toString('hex').slice(0, 64);
}

async function startSite(t: TestContext) {
  const origin = await startInstance('origin');
  t.after(() => origin[Symbol.asyncDispose]());
  const folder = await mkdtemp(join(tmpdir(), 'sluice-secrets-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const secret = new Markers();
  const config = configOf(secret, { origin: origin.address, away: `127.0.0.1:${await freePort('127.0.0.1')}` });
  const file = join(folder, 'sluice.config.json');
  await writeFile(file, JSON.stringify(config));
  const running = await startSluice(t, ['up', '--config', file]);
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://${running.admin}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${config.admin.token}`, 'content-type': 'application/json' },
    });
  return { ...running, secret, config, file, folder, ask };
}

/** A stream's beginning. */
async function beginningOf({ body }: Response): Promise<string> {
  let text = '';
  const reader = body!.getReader();
  const late = setTimeout(() => void reader.cancel(), STREAM_MS);
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    text += Buffer.from(read.value).toString();
    if (text.length > STREAM_BYTES) await reader.cancel();
  }
  clearTimeout(late);
  return text;
}

/** Every GET path of the API's own description, with names that there are. */
async function pathsOf(ask: (path: string) => Promise<Response>): Promise<string[]> {
  const { paths } = (await (await ask('/api/openapi.json')).json()) as { paths: Record<string, object> };
  const { services } = (await (await ask('/api/status')).json()) as { services: { name: string; endpoints: { address: string }[] }[] };
  return Object.entries(paths).flatMap(([path, methods]) => {
    if (!('get' in methods)) return [];
    if (!path.includes('{')) return [path];
    if (!path.startsWith('/api/services/')) return [path.replace('{generation}', '1').replaceAll(/\{\w+\}/g, 'main')];
    return services.map(({ name, endpoints }) =>
      path.replace('{name}', name).replace('{address}', encodeURIComponent(endpoints[0]?.address ?? 'none')),
    );
  });
}

/** What some paths need to be asked for. */
const QUERIES: Readonly<Record<string, string>> = {
  '/api/explain': '?url=/guarded/x',
  '/api/plans/{generation}/diff': '?from=1',
  '/api/events': '?limit=1000',
  '/api/live': '?after=0',
};

test('no secret is shown by any path, event, log, metric, the audit log or a refusal', async (t) => {
  const { ask, secret, config, file, folder, sluice, url } = await startSite(t);
  for (const path of ['/guarded/x', '/matched/x', '/keys/x', '/fixed', '/x']) await (await fetch(url + path)).arrayBuffer();
  await eventually(10_000, 'the export to fail', async () => (await (await ask('/api/events?q=otlp')).text()).includes('otlp-away'));

  assert.deepEqual(secret.in(await readFile(file, 'utf8')), [...secret.made.keys()], 'the search finds what is there');

  const shown = new Map<string, string>();
  // What is refused of a configuration is told with its place.
  const wrong = {
    ...config,
    admin: { ...config.admin, token: `${config.admin.token} ${config.admin.token}` },
    stores: { main: { url: `http://u:${secret.made.get('store password')}@x` } },
  };
  await writeFile(file, JSON.stringify(wrong));
  const refused = await ask('/api/reload', { method: 'POST' });
  assert.equal(refused.status, 422);
  shown.set('a refused reload', await refused.text());
  await writeFile(file, JSON.stringify({ ...config, otlp: { ...config.otlp, headers: { 'api-key': secret.of('second otlp header') } } }));
  shown.set('a reload', await (await ask('/api/reload', { method: 'POST' })).text());
  shown.set('a test of sinks', await (await ask('/api/alerts/test', { method: 'POST', body: '{}' })).text());
  const deploy = {
    version: 'v2',
    command: [process.execPath, APP, secret.of('deployed argument')],
    env: { KEY: secret.of('deployed environment') },
  };
  shown.set('a deploy', await (await ask('/api/services/app/deploy', { method: 'POST', body: JSON.stringify(deploy) })).text());
  await eventually(10_000, 'both versions to be known', async () => (await (await ask('/api/fleet')).text()).includes('v2'));

  const paths = await pathsOf(ask);
  for (const path of [...paths, '/api/plans/2/diff', '/api/plans/2', '/', '/nowhere']) {
    const query = QUERIES[path.replace(/\d+/, '{generation}')] ?? QUERIES[path] ?? '';
    const reply = await ask(path + query);
    const isStream = /event-stream|ndjson/.test(reply.headers.get('content-type') ?? '');
    shown.set(`GET ${path}`, JSON.stringify([...reply.headers]) + (isStream ? await beginningOf(reply) : await reply.text()));
  }
  assert.ok(paths.length > 30, `${paths.length} paths`);
  const served = [...shown].filter(([name, text]) => name.startsWith('GET /api/') && !text.includes('"status":4'));
  assert.ok(served.length > 25, `served: ${served.map(([name]) => name).join(', ')}`);
  assert.match(shown.get('GET /api/plan')!, /\[hidden\]/);

  shown.set('what Sluice prints', sluice.output);
  shown.set('the audit log', await readFile(join(folder, 'audit.log'), 'utf8'));
  const found = [...shown].flatMap(([name, text]) =>
    secret.in(text).map((what) => `${what} in ${name}: …${around(text, secret.made.get(what)!)}…`),
  );
  assert.deepEqual(found, []);
});

function around(text: string, marker: string): string {
  const at = Math.max(0, text.indexOf(marker));
  return text.slice(Math.max(0, at - 60), at + 50);
}
