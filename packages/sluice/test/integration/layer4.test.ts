/** Layer 4 by the real program with two workers: TCP, TLS that ends here, and UDP, through reloads, a dead endpoint and a stop. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { freePort } from '../../src/io/ports.ts';
import { type GatewayConfig, startGateway } from '../support/gateway.ts';
import { RawClient } from '../support/raw-client.ts';
import { tlsMaterial } from '../support/tls-material.ts';
import { eventually, within } from '../support/waiting.ts';

interface Backend extends AsyncDisposable {
  readonly port: number;
  readonly sockets: Set<Socket>;
}

/** Says its name, then echoes. */
async function backend(name: string): Promise<Backend> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.write(`${name};`);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The same as a process of its own, to be killed. */
async function mortal(name: string): Promise<{ readonly port: number; readonly child: ChildProcess } & AsyncDisposable> {
  const port = await freePort('127.0.0.1');
  const code = `require('node:net').createServer((s) => { s.on('error', () => {}); s.write('${name};'); s.pipe(s); }).listen(${port}, '127.0.0.1', () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
  await within(5_000, 'the endpoint is up', once(child.stdout, 'data'));
  return {
    port,
    child,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

function config(port: number, endpoints: readonly number[], other: Partial<GatewayConfig> = {}): GatewayConfig {
  return {
    workers: 2,
    more: { db: { tcp: `127.0.0.1:${port}`, to: 'db' } },
    services: { db: { endpoints: endpoints.map((each) => `127.0.0.1:${each}`), outlier: false, retry: { backoffMax: '25ms' } } },
    routes: [],
    ...other,
  };
}

async function open(port: number): Promise<{ readonly client: RawClient; readonly name: string }> {
  const client = await RawClient.open(port);
  const text = await client.until('a name', (got) => got.endsWith(';'));
  return { client, name: text.slice(0, -1) };
}

async function echoes(client: RawClient, text: string): Promise<void> {
  client.write(text);
  await client.until(`an echo of ${text}`, (got) => got.endsWith(text));
}

test('connections live through reloads; new ones go by the new plan', { timeout: 60_000 }, async () => {
  await using a = await backend('a');
  await using b = await backend('b');
  const port = await freePort('127.0.0.1');
  await using gateway = await startGateway(config(port, [a.port]));
  const old = await Promise.all(Array.from({ length: 20 }, () => open(port)));
  await gateway.reload(config(port, [a.port, b.port]));
  await gateway.reload(
    config(port, [a.port], { services: { db: { endpoints: [`127.0.0.1:${a.port}`], balance: 'ip-hash', drainTimeout: '1s' } } }),
  );
  for (const { client } of old) await echoes(client, 'still here');
  // An endpoint that goes lets its connections finish until the service's deadline.
  const services = { db: { endpoints: [`127.0.0.1:${b.port}`] } };
  await gateway.reload(config(port, [], { services }));
  assert.equal((await open(port)).name, 'b');
  await echoes(old[0]!.client, 'and here');
  for (const { client } of old) assert.equal(await within(5_000, 'the old ones are cut', client.ended()), 'reset');
  const status = (await (await gateway.admin('/api/status')).json()) as { listeners: { name: string; connections: number }[] };
  assert.equal(status.listeners.find(({ name }) => name === 'db')?.connections, 1);
});

test('an endpoint that is killed breaks its own connections only, and nobody who comes later notices', { timeout: 60_000 }, async () => {
  await using dying = await mortal('dying');
  await using healthy = await backend('healthy');
  const port = await freePort('127.0.0.1');
  await using _gateway = await startGateway(config(port, [dying.port, healthy.port]));
  const before = await Promise.all(Array.from({ length: 20 }, () => open(port)));
  dying.child.kill('SIGKILL');
  const broken = before.filter(({ name }) => name === 'dying');
  assert.ok(broken.length > 0);
  for (const { client } of broken) assert.notEqual(await client.ended(), 'open');
  for (let index = 0; index < 30; index++) {
    const { client, name } = await open(port);
    assert.equal(name, 'healthy');
    client.socket.destroy();
  }
  for (const { client, name } of before) if (name === 'healthy') await echoes(client, 'unharmed');
});

test('a stop lets connections finish, and says so in the log', { timeout: 60_000 }, async () => {
  await using a = await backend('a');
  const port = await freePort('127.0.0.1');
  await using gateway = await startGateway(config(port, [a.port], { accessLog: 'json', drainTimeout: '5s' }));
  const { client } = await open(port);
  gateway.signal('SIGTERM');
  await eventually(3_000, 'nobody is let in any more', async () => {
    const late = await RawClient.open(port).catch(() => null);
    late?.socket.destroy();
    return late === null;
  });
  await echoes(client, 'last words');
  client.socket.end();
  assert.equal(await client.ended(), 'fin');
  assert.equal(await within(6_000, 'the gateway ends', gateway.exited), 0);
  assert.match(
    gateway.output(),
    /"protocol":"TCP","status":200,"bytesIn":10,"bytesOut":12,.*"service":"db","endpoint":"127\.0\.0\.1:\d+".*"outcome":"complete"/,
  );
});

test('TLS ends here, and what is inside goes on, by the name that was asked for', { timeout: 60_000 }, async () => {
  using material = await tlsMaterial();
  const { files } = await material.leaf('db', ['a.example', 'b.example']);
  await using a = await backend('a');
  await using b = await backend('b');
  const port = await freePort('127.0.0.1');
  const services = { a: { endpoints: [`127.0.0.1:${a.port}`] }, b: { endpoints: [`127.0.0.1:${b.port}`] } };
  const to = { serverNames: { 'a.example': 'a', 'b.example': 'b' } } as const;
  const more = { db: { tcp: `127.0.0.1:${port}`, tls: { certificates: files }, to } };
  await using gateway = await startGateway({ workers: 2, more, services, routes: [] });
  for (const name of ['a', 'b']) {
    const socket = connectTls({ port, host: '127.0.0.1', servername: `${name}.example`, ca: readFileSync(material.caFile) });
    let got = '';
    socket.on('data', (chunk: Buffer) => (got += chunk.toString('latin1')));
    const large = 'x'.repeat(300_000);
    socket.end(large);
    await within(5_000, 'the end', once(socket, 'end'));
    assert.equal(got, `${name};${large}`);
    assert.equal(socket.authorized, true);
  }
  const metrics = await (await gateway.admin('/metrics')).text();
  assert.match(metrics, /sluice_requests_total\{listener="db",code="2xx"\} 2/);
});

describe('UDP', () => {
  test('many clients, two workers, and each gets its own answers', { timeout: 60_000 }, async () => {
    const server = createSocket('udp4');
    server.on('message', (bytes, from) => server.send(`re:${bytes.toString()}`, from.port, from.address));
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    const port = await freePort('127.0.0.1', 'udp');
    const more = { dns: { udp: `127.0.0.1:${port}`, to: 'dns', answersMax: 1 } };
    const services = { dns: { endpoints: [`127.0.0.1:${server.address().port}`] } };
    await using gateway = await startGateway({ workers: 2, more, services, routes: [] });
    const asked = Array.from({ length: 50 }, async (_, index) => {
      const client = createSocket('udp4');
      const answer = once(client, 'message') as Promise<[Buffer, { readonly port: number }]>;
      for (;;) {
        client.send(String(index), port, '127.0.0.1');
        const [bytes, from] = await within(2_000, 'an answer', answer);
        assert.deepEqual([bytes.toString(), from.port], [`re:${index}`, port]);
        client.close();
        return;
      }
    });
    await Promise.all(asked);
    await eventually(3_000, 'all sessions are over', async () => {
      const metrics = await (await gateway.admin('/metrics')).text();
      return /sluice_connections\{listener="dns"\} 0/.test(metrics) && /sluice_datagrams_sent_total\{listener="dns"\} 50/.test(metrics);
    });
    server.close();
  });
});
