/** Endpoints of which only ALPN tells what they speak. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:https';
import { after, before, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import type { ServicePlan } from '../../config/plan.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { statuses } from '../../../test/support/raw-exchange.ts';
import { startServicePlane } from '../../../test/support/service-plane.ts';
import { type LeafFiles, type TlsMaterial, tlsMaterial } from '../../../test/support/tls-material.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
let material: TlsMaterial;
let leaf: LeafFiles;

before(async () => {
  material = await tlsMaterial();
  leaf = await material.leaf('origin', ['localhost', '127.0.0.1']);
});
after(() => material[Symbol.dispose]());

interface SecureOrigin extends AsyncDisposable {
  readonly port: number;
  readonly versions: string[];
  readonly handshakes: { count: number };
}

/** Says in `versions` how each request came. @param speaks Its ALPN. */
async function secureOrigin(speaks: 'h2' | 'http/1.1', port = 0): Promise<SecureOrigin> {
  const versions: string[] = [];
  const handshakes = { count: 0 };
  const options = { cert: leaf.certPem, key: leaf.keyPem };
  const sessions = new Set<{ destroy(): void }>();
  const server = speaks === 'h2' ? createSecureServer(options) : createServer(options);
  if ('updateSettings' in server) server.on('session', (session) => sessions.add(session));
  server.on('connection', () => handshakes.count++);
  server.on('request', (request: { readonly httpVersion: string }, response: { end(text: string): void }) => {
    versions.push(request.httpVersion);
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    versions,
    handshakes,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function autoPlan(port: number): ServicePlan {
  const tls = { serverName: null, verify: true, caFiles: [], caPem: material.authority.certPem, certFile: null, keyFile: null } as const;
  return servicePlan('web', [`127.0.0.1:${port}`], {
    protocol: 'auto',
    tls: { ...tls, certPem: '', keyPem: '', minVersion: 'TLSv1.2' },
    retry: { ...servicePlan('x', []).retry, attempts: 1 },
  });
}

function replied(status: number): (text: string) => boolean {
  return (text) => statuses(text).at(-1) === status && text.includes('\r\n\r\n');
}

for (const [speaks, version] of [
  ['h2', '2.0'],
  ['http/1.1', '1.1'],
] as const) {
  test(`one that speaks ${speaks} is spoken to so, by all who came while it was asked`, async () => {
    await using origin = await secureOrigin(speaks);
    await using world = await startServicePlane([autoPlan(origin.port)]);
    const all = await Promise.all(Array.from({ length: 5 }, () => RawClient.open(world.port)));
    for (const each of all) each.write(GET);
    for (const each of all) await each.until('a reply', replied(200));
    for (const each of all) each.socket.destroy();
    assert.deepEqual(
      origin.versions,
      Array.from({ length: 5 }, () => version),
    );
    if (speaks === 'h2') assert.equal(origin.handshakes.count, 2, 'one asked, one carries them');
  });
}

test('one that speaks otherwise after a restart is asked again', async () => {
  const first = await secureOrigin('h2');
  await using world = await startServicePlane([autoPlan(first.port)]);
  using client = await RawClient.open(world.port);
  client.write(GET);
  await client.until('a reply', replied(200));
  await first[Symbol.asyncDispose]();
  await using second = await secureOrigin('http/1.1', first.port);
  client.text = '';
  client.write(GET);
  await client.until('nobody knows it yet', (text) => statuses(text).length === 1);
  client.text = '';
  client.write(GET);
  await client.until('a reply', replied(200));
  await second[Symbol.asyncDispose]();
  await using _third = await secureOrigin('h2', first.port);
  client.text = '';
  client.write(GET);
  await client.until('nobody knows it yet', (text) => statuses(text).length === 1);
  client.text = '';
  client.write(GET);
  await client.until('a reply', replied(200));
});

test('one that is not there is a failed connection, and is asked again', async () => {
  const first = await secureOrigin('h2');
  await first[Symbol.asyncDispose]();
  await using world = await startServicePlane([autoPlan(first.port)]);
  using client = await RawClient.open(world.port);
  client.write(GET);
  await client.until('a reply', replied(502));
  await using _second = await secureOrigin('h2', first.port);
  client.text = '';
  client.write(GET);
  await client.until('a reply', replied(200));
});

test('a certificate that is not for the endpoint is a failed connection', async () => {
  await using origin = await secureOrigin('h2');
  const plan = autoPlan(origin.port);
  await using world = await startServicePlane([{ ...plan, tls: { ...plan.tls!, serverName: 'other.example' } }]);
  using client = await RawClient.open(world.port);
  client.write(GET);
  await client.until('a reply', replied(502));
  assert.deepEqual(origin.versions, []);
});

test('WebSockets go over HTTP/1.1 to one that speaks both, other requests over HTTP/2', async () => {
  const server = createSecureServer({ cert: leaf.certPem, key: leaf.keyPem, allowHTTP1: true });
  const sockets = new WebSocketServer({ server: server as never });
  const versions: string[] = [];
  sockets.on('connection', (socket, request) => {
    versions.push(`upgrade ${request.httpVersion}`);
    socket.send('hello');
  });
  server.on('request', (request, response) => {
    versions.push(request.httpVersion);
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  {
    await using world = await startServicePlane([autoPlan((server.address() as AddressInfo).port)]);
    using client = await RawClient.open(world.port);
    client.write(GET);
    await client.until('a reply', replied(200));
    const socket = new WebSocket(`ws://127.0.0.1:${world.port}/`);
    const [data] = (await once(socket, 'message')) as [Buffer];
    assert.equal(data.toString(), 'hello');
    assert.deepEqual(versions, ['2.0', 'upgrade 1.1']);
    const closed = once(socket, 'close');
    await world.apply([]);
    const [code] = (await closed) as [number];
    assert.equal(code, 1001);
  }
  server.close();
});
