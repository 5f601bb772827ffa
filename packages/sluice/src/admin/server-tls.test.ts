import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { readFileSync } from 'node:fs';
import { Agent, request, type RequestOptions } from 'node:https';
import { after, test, type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { adminOptions } from '../../test/support/admin-options.ts';
import { fakeObserve } from '../../test/support/fake-observe.ts';
import { tlsMaterial } from '../../test/support/tls-material.ts';
import { type AdminSettings, NO_OBSERVE } from '../config/observe-plan.ts';
import type { AdminMaterial } from '../io/admin-files.ts';
import type { AdminBackend } from './backend.ts';
import { adminTarget } from './client-target.ts';
import { AdminClient } from './client.ts';
import { type AdminServer, startAdmin } from './server.ts';

const site = await tlsMaterial('Admin CA');
const foreign = await tlsMaterial('Another CA');
after(() => site[Symbol.dispose]());
after(() => foreign[Symbol.dispose]());
const own = await site.leaf('admin', ['localhost', '127.0.0.1']);
const ops = await site.leaf('ops', ['ops.example'], { purpose: 'client' });
const stranger = await site.leaf('stranger', ['stranger.example'], { purpose: 'client' });
const forged = await foreign.leaf('forged', ['ops.example'], { purpose: 'client' });
const asServer = await site.leaf('asserver', ['ops.example'], { purpose: 'server' });
const caPem = readFileSync(site.caFile, 'utf8');
const TOKEN = 'correct-horse-battery';

const backend = {
  observe: fakeObserve(),
  health: () => 'ready',
  metrics: () => ({ type: 'text/plain', body: 'sluice_workers 2\n' }),
} as unknown as AdminBackend;

async function start(t: TestContext, settings: Partial<AdminSettings>, hasClientCa: boolean): Promise<AdminServer> {
  const clientCaFile = hasClientCa ? site.caFile : null;
  const tls = {
    certFile: own.files.cert,
    keyFile: own.files.key,
    clientCaFile,
    clients: [{ name: 'ops.example', scope: 'operate' as const }],
  };
  const server = await startAdmin({ ...adminOptions(backend, { tls, ...settings }), material: material(own, hasClientCa) });
  t.after(() => server.close());
  return server;
}

function material(pair: { readonly certPem: string; readonly keyPem: string }, hasClientCa: boolean): AdminMaterial {
  return { cert: pair.certPem, key: pair.keyPem, clientCa: hasClientCa ? caPem : null };
}

function portOf({ address }: AdminServer): number {
  return address.kind === 'tcp' ? address.port : 0;
}

async function ask(
  server: AdminServer,
  path: string,
  options: RequestOptions = {},
): Promise<{ status: number; text: string; serial: string }> {
  const outgoing = request({ host: '127.0.0.1', port: portOf(server), path, ca: caPem, agent: false, ...options }).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const { serialNumber: serial } = (response.socket as TLSSocket).getPeerCertificate();
  let text = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
  return { status: response.statusCode!, text, serial };
}

function shown(pair: { readonly certPem: string; readonly keyPem: string }): RequestOptions {
  return { cert: pair.certPem, key: pair.keyPem };
}

test('security: a client certificate opens the API where its name is known, and nothing else does', async (t) => {
  const server = await start(t, {}, true);
  equal((await ask(server, '/metrics', shown(ops))).status, 200);
  for (const [options, expected] of [
    [{}, /needs a client certificate/],
    [shown(stranger), /common name \\"stranger\.example\\" is not in admin\.tls\.clients/],
    [shown(forged), /is not taken: /],
    [shown(asServer), /is not taken: .*PURPOSE/],
    [{ headers: { authorization: `Bearer ${TOKEN}` } }, /needs a client certificate/],
  ] as const) {
    const { status, text } = await ask(server, '/metrics', options);
    equal(status, 403);
    match(text, expected);
  }
  equal((await ask(server, '/healthz')).status, 200);
  equal((await ask(server, '/')).status, 200);
});

test('with tokens too, either opens, and a wrong token is not made good by a certificate', async (t) => {
  const server = await start(t, { token: TOKEN }, true);
  equal((await ask(server, '/metrics', { headers: { authorization: `Bearer ${TOKEN}` } })).status, 200);
  equal((await ask(server, '/metrics', shown(ops))).status, 200);
  equal((await ask(server, '/metrics', { ...shown(ops), headers: { authorization: 'Bearer wrong' } })).status, 401);
  equal((await ask(server, '/metrics')).status, 401);
});

test('security: a client that is taken from the list is refused on the connection that it has', async (t) => {
  const server = await start(t, {}, true);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  equal((await ask(server, '/metrics', { ...shown(ops), agent })).status, 200);
  server.follow({ ...NO_OBSERVE.admin, tls: { certFile: '', keyFile: '', clientCaFile: site.caFile, clients: [] } });
  equal((await ask(server, '/metrics', { ...shown(ops), agent })).status, 403);
});

test('another certificate is shown from then on, and connections that there are stay', async (t) => {
  const server = await start(t, { token: TOKEN }, false);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const agent = new Agent({ keepAlive: true, maxSockets: 1, maxCachedSessions: 0 });
  t.after(() => agent.destroy());
  const before = await ask(server, '/metrics', { headers, agent });
  const next = await site.leaf('next', ['127.0.0.1']);
  server.rotate(material(next, false));
  const kept = await ask(server, '/metrics', { headers, agent });
  const fresh = await ask(server, '/metrics', { headers });
  deepEqual([kept.status, kept.serial, fresh.status], [200, before.serial, 200]);
  ok(fresh.serial !== before.serial);
});

test('the client trusts, and shows, the files of the environment', async (t) => {
  const server = await start(t, {}, true);
  const address = `https://127.0.0.1:${portOf(server)}`;
  const call = { method: 'GET', path: '/metrics' } as const;
  const failure = async (environment: Record<string, string>): Promise<string> => {
    Object.assign(process.env, environment);
    try {
      await new AdminClient(address, null).call(call);
      return '';
    } catch (error) {
      return (error as Error).message;
    } finally {
      for (const name of Object.keys(environment)) delete process.env[name];
    }
  };
  match(await failure({}), /shows a certificate that is not trusted .*SLUICE_ADMIN_CA/);
  match(await failure({ SLUICE_ADMIN_CA: site.caFile }), /needs a client certificate/);
  const known = { SLUICE_ADMIN_CA: site.caFile, SLUICE_ADMIN_CERT: ops.files.cert, SLUICE_ADMIN_KEY: ops.files.key };
  match(await failure(known), /answered 200, which is not/); // metrics are no JSON
  match(await failure({ SLUICE_ADMIN_CERT: ops.files.cert }), /belong together/);
  match(await failure({ SLUICE_ADMIN_CA: '/nowhere.pem' }), /SLUICE_ADMIN_CA: the file "\/nowhere\.pem" cannot be read/);
});

test('an address says whether TLS is spoken', () => {
  deepEqual(adminTarget('https://gateway.example:9900/', {}).tls, { servername: 'gateway.example' });
  deepEqual(adminTarget('https://[::1]:9900', {}).tls, { servername: '' });
  equal(adminTarget('127.0.0.1:9900', {}).tls, null);
});
