/** A real program that nobody here wrote (json-server 0.17) behind the gateway, used as its clients use it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '../../src/io/ports.ts';
import { type Gateway, oneOrigin, startGateway } from '../support/gateway.ts';
import { eventually } from '../support/waiting.ts';

const program = join(dirname(createRequire(import.meta.url).resolve('json-server/package.json')), 'lib/cli/bin.js');
const folder = mkdtempSync(join(tmpdir(), 'sluice-json-server-'));

let gateway: Gateway;
let stop: () => Promise<void>;
const base = (): string => `http://127.0.0.1:${gateway.port}`;

before(async () => {
  const database = join(folder, 'db.json');
  writeFileSync(database, JSON.stringify({ posts: [{ id: 1, title: 'one', body: 'x'.repeat(50_000) }], comments: [] }));
  const port = await freePort('127.0.0.1');
  const child = spawn(process.execPath, [program, '--host', '127.0.0.1', '--port', String(port), '--quiet', database], { stdio: 'ignore' });
  process.once('exit', () => child.kill('SIGKILL'));
  stop = async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await eventually(
    15_000,
    'json-server answers',
    async () => (await fetch(`http://127.0.0.1:${port}/posts`).catch(() => null))?.ok ?? false,
  );
  gateway = await startGateway(oneOrigin(port));
});

after(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await stop?.();
  rmSync(folder, { recursive: true, force: true });
});

async function send(method: string, path: string, body?: object): Promise<{ status: number; json: unknown; headers: Headers }> {
  const init: RequestInit = {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  const response = await fetch(`${base()}${path}`, init);
  return { status: response.status, json: await response.json().catch(() => null), headers: response.headers };
}

test('create, read, update, patch and delete', async () => {
  const created = await send('POST', '/posts', { title: 'two' });
  assert.equal(created.status, 201);
  assert.deepEqual(created.json, { title: 'two', id: 2 });
  assert.deepEqual((await send('GET', '/posts/2')).json, { title: 'two', id: 2 });
  assert.deepEqual((await send('PUT', '/posts/2', { title: 'deux' })).json, { title: 'deux', id: 2 });
  assert.deepEqual((await send('PATCH', '/posts/2', { extra: true })).json, { title: 'deux', id: 2, extra: true });
  assert.equal((await send('DELETE', '/posts/2')).status, 200);
  assert.equal((await send('GET', '/posts/2')).status, 404);
});

test('its links name the gateway, because Host and the forwarded fields are right', async () => {
  for (let index = 0; index < 15; index++) await send('POST', '/comments', { text: `${index}` });
  const page = await send('GET', '/comments?_page=2&_limit=5');
  assert.equal((page.json as unknown[]).length, 5);
  assert.match(page.headers.get('link') ?? '', new RegExp(`<http://127\\.0\\.0\\.1:${gateway.port}/comments\\?_page=3`));
  assert.equal(page.headers.get('x-total-count'), '15');
});

test('conditional requests, compression and CORS preflight pass', async () => {
  const whole = await fetch(`${base()}/posts/1`, { headers: { origin: 'http://elsewhere.example' } });
  assert.equal(whole.headers.get('content-encoding'), 'gzip');
  assert.equal(((await whole.json()) as { body: string }).body.length, 50_000);
  assert.equal(whole.headers.get('access-control-allow-origin'), 'http://elsewhere.example');
  const again = await fetch(`${base()}/posts/1`, {
    headers: { 'if-none-match': whole.headers.get('etag') ?? '', 'cache-control': 'no-transform' },
  });
  await again.arrayBuffer();
  assert.equal(again.status, 304);
  const preflight = await fetch(`${base()}/posts`, {
    method: 'OPTIONS',
    headers: { origin: 'http://a.example', 'access-control-request-method': 'POST' },
  });
  assert.equal(preflight.status, 204);
});

test('200 requests at once from fetch, each with its own answer', async () => {
  const replies = await Promise.all(Array.from({ length: 200 }, (_, index) => send('GET', `/comments/${(index % 15) + 1}`)));
  for (const [index, reply] of replies.entries()) assert.equal((reply.json as { id: number }).id, (index % 15) + 1);
});
