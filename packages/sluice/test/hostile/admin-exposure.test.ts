/** Admin API exposure: other sites' pages, rebound names and careless clients are refused; nothing changes by GET; no secret is shown. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type Instance, startInstance } from '../support/instances.ts';
import { rawExchange, statuses } from '../support/raw-exchange.ts';

const SECRET = 'a-secret-that-must-not-be-shown-0123';
let origin: Instance;
let gateway: Gateway;

before(async () => {
  origin = await startInstance('origin');
  gateway = await startGateway({
    services: { web: { endpoints: [origin.address], affinity: { by: 'cookie', secrets: [SECRET] } } },
    routes: [{ path: '/*', to: 'web' }],
    workers: 1,
  });
});

after(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await origin?.[Symbol.asyncDispose]();
});

async function ask(line: string, fields: readonly string[], body = ''): Promise<number> {
  const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
  const text = `${line} HTTP/1.1\r\n${fields.map((field) => `${field}\r\n`).join('')}${length}Connection: close\r\n\r\n${body}`;
  return statuses((await rawExchange(gateway.adminPort, text)).text)[0] ?? 0;
}

const LOCAL = 'Host: 127.0.0.1';
const refused = (status: number): boolean => status >= 400 && status < 500;

test('DNS rebinding: a Host that is a name is refused', async () => {
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io', 'evil.example:9900', '']) {
    assert.ok(refused(await ask('GET /api/status', [`Host: ${host}`])), host);
  }
  assert.equal(await ask('GET /api/status', [LOCAL]), 200);
});

test('CSRF: a request that another site sends is refused, whatever its method', async () => {
  for (const field of ['Origin: http://evil.example', 'Origin: null', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Site: same-site']) {
    assert.equal(await ask('POST /api/reload', [LOCAL, field]), 403, field);
    assert.equal(await ask('GET /api/status', [LOCAL, field]), 403, field);
  }
});

test('CSRF: a body that a plain form can send is refused', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    assert.ok(refused(await ask('POST /api/reload', [LOCAL, `Content-Type: ${type}`], 'x=y')), type);
  }
});

test('nothing changes by GET', async () => {
  for (const path of ['/api/reload', `/api/services/web/endpoints/${encodeURIComponent(origin.address)}/drain`]) {
    assert.ok(refused(await ask(`GET ${path}`, [LOCAL])), path);
  }
});

test('the API listens on the loopback only', async () => {
  assert.match(gateway.output(), /admin\s+http:\/\/127\.0\.0\.1:/);
});

test('no secret is shown by status, metrics or explain', async () => {
  for (const path of ['/api/status', '/metrics', '/api/explain?method=GET&url=/x']) {
    const text = await (await gateway.admin(path)).text();
    assert.ok(!text.includes(SECRET), path);
  }
  assert.ok(!gateway.output().includes(SECRET));
});

test('the data plane does not serve the admin API', async () => {
  const reply = await rawExchange(gateway.port, 'GET /api/status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.match(reply.text, /origin$/);
});
