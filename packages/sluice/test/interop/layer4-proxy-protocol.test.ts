/** The PROXY protocol with those who speak it: nginx and HAProxy read what we send, and we read what they send. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { ServicePlan, StreamListenerPlan } from '../../src/config/plan.ts';
import { freePort } from '../../src/io/ports.ts';
import { testAuthority } from '../support/authority.ts';
import { skipWithoutNginxStream, startHaproxy, startNginx } from '../support/foreign-proxy.ts';
import { hostileOrigin } from '../support/hostile-origin.ts';
import { startLayer4, streamPlan } from '../support/layer4-plane.ts';
import { servicePlan } from '../support/plans.ts';
import { RawClient } from '../support/raw-client.ts';
import { skipWithout } from '../support/system-program.ts';
import { eventually, within } from '../support/waiting.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const TRUSTED = { trusted: ['127.0.0.0/8'], version: 'any', timeoutMs: 2_000 } as const;

async function world(origin: number, service: Partial<ServicePlan>, listener: Partial<StreamListenerPlan> = {}) {
  const port = await freePort('127.0.0.1');
  const plane = await startLayer4([streamPlan('in', port, 'out', listener)], [servicePlan('out', [`127.0.0.1:${origin}`], service)]);
  return Object.assign(plane, { port });
}

describe('what we send', () => {
  for (const proxyProtocol of ['v1', 'v2'] as const) {
    test(`as ${proxyProtocol} is read by nginx`, { skip: skipWithout('nginx') }, async () => {
      const port = await freePort('127.0.0.1');
      const site = `listen 127.0.0.1:${port} proxy_protocol; location / { return 200 "$proxy_protocol_addr:$proxy_protocol_port $proxy_protocol_server_port"; }`;
      await using _nginx = await startNginx(`http { server { ${site} } }`, port);
      await using plane = await world(port, { proxyProtocol });
      using client = await RawClient.open(plane.port);
      const { localPort } = client.socket;
      const reply = await client.ask(GET, (text) => text.includes('127.0.0.1:'));
      assert.ok(reply.endsWith(`127.0.0.1:${localPort} ${plane.port}`), reply);
    });

    test(`as ${proxyProtocol} is read by HAProxy`, { skip: skipWithout('haproxy') }, async () => {
      const port = await freePort('127.0.0.1');
      const answer = 'http-request return status 200 content-type text/plain lf-string "%[src]:%[src_port] %[dst_port]"';
      await using _haproxy = await startHaproxy(`frontend f\n  mode http\n  bind 127.0.0.1:${port} accept-proxy\n  ${answer}`, port);
      await using plane = await world(port, { proxyProtocol });
      using client = await RawClient.open(plane.port);
      const { localPort } = client.socket;
      const reply = await client.ask(GET, (text) => text.includes('127.0.0.1:'));
      assert.ok(reply.endsWith(`127.0.0.1:${localPort} ${plane.port}`), reply);
    });
  }

  test('as v2 tells HAProxy the name that a TLS client asked for', { skip: skipWithout('haproxy') }, async () => {
    const port = await freePort('127.0.0.1');
    const sections = [
      `frontend f\n  mode tcp\n  bind 127.0.0.1:${port} accept-proxy\n  tcp-request inspect-delay 2s`,
      '  use_backend named if { fc_pp_authority -m str db.example }\n  default_backend other',
    ];
    await using named = await hostileOrigin((connection) => connection.write('named'));
    await using other = await hostileOrigin((connection) => connection.write('other'));
    sections.push(
      `backend named\n  mode tcp\n  server s 127.0.0.1:${named.port}`,
      `backend other\n  mode tcp\n  server s 127.0.0.1:${other.port}`,
    );
    await using _haproxy = await startHaproxy(sections.join('\n'), port);
    const targets = [{ serverNames: [], services: [{ service: 'out', weight: 1 }] }];
    await using plane = await world(port, { proxyProtocol: 'v2' }, { readsServerName: true, targets });
    const socket = connectTls({ port: plane.port, host: '127.0.0.1', servername: 'db.example' });
    socket.on('error', () => {});
    await eventually(3_000, 'a backend is chosen', () => named.connections.length + other.connections.length === 1);
    assert.equal(named.connections.length, 1);
    socket.destroy();
  });

  test('comes before TLS to the endpoint, in the clear', async () => {
    const authority = await testAuthority();
    const { certPem, keyPem } = await authority.leaf(['127.0.0.1', 'db.example']);
    let header = '';
    const tlsServer = createTlsServer({ cert: certPem, key: keyPem }, (socket) => socket.end('secret'));
    const front = await hostileOrigin(async (connection) => {
      await connection.until((received) => received.includes('\r\n'));
      header = connection.received.split('\r\n')[0]!;
      connection.socket.removeAllListeners('data');
      connection.socket.pause();
      connection.socket.unshift(Buffer.from(connection.received.slice(header.length + 2), 'latin1'));
      tlsServer.emit('connection', connection.socket);
    });
    await using _front = front;
    const tls = {
      serverName: 'db.example',
      verify: true,
      caFiles: [],
      caPem: authority.certPem,
      certFile: null,
      keyFile: null,
      certPem: '',
      keyPem: '',
      minVersion: 'TLSv1.2',
    } as const;
    await using plane = await world(front.port, { proxyProtocol: 'v1', tls });
    using client = await RawClient.open(plane.port);
    await client.until('what the server says', (text) => text === 'secret');
    assert.match(header, new RegExp(`^PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 ${client.socket.localPort} ${plane.port}$`));
    assert.equal(await client.ended(), 'fin');
  });
});

test('TLS to an endpoint is verified, resumed, and ended with its alert', async () => {
  const authority = await testAuthority();
  const { certPem, keyPem } = await authority.leaf(['db.example']);
  let resumed = 0;
  const server = createTlsServer({ cert: certPem, key: keyPem }, (socket) => {
    if (socket.isSessionReused()) resumed++;
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const tls = {
    serverName: 'db.example',
    verify: true,
    caFiles: [],
    caPem: authority.certPem,
    certFile: null,
    keyFile: null,
    certPem: '',
    keyPem: '',
  };
  await using plane = await world(port, { tls: { ...tls, minVersion: 'TLSv1.2' } });
  const large = 'x'.repeat(500_000);
  for (let index = 0; index < 3; index++) {
    using client = await RawClient.open(plane.port);
    client.write(large);
    client.socket.end();
    assert.equal(await client.ended(), 'fin');
    assert.equal(client.text, large);
  }
  assert.ok(resumed >= 1);
  const wrong = { ...tls, serverName: 'other.example', minVersion: 'TLSv1.2' } as const;
  await using strict = await world(port, { tls: wrong });
  using client = await RawClient.open(strict.port);
  assert.equal(await client.ended(), 'reset');
  assert.equal(strict.table.consecutiveLocal[0], 1);
  server.close();
});

describe('what we read', () => {
  /** Says who it is told the client is. */
  const origin = () =>
    hostileOrigin(async (connection) => {
      await connection.until((received) => received.includes('\r\n'));
      connection.write(connection.received.split('\r\n')[0]!);
    });

  for (const option of ['send-proxy', 'send-proxy-v2']) {
    test(`may come from HAProxy (${option})`, { skip: skipWithout('haproxy') }, async () => {
      await using out = await origin();
      await using plane = await world(out.port, { proxyProtocol: 'v1' }, { proxyProtocol: TRUSTED });
      const port = await freePort('127.0.0.1');
      await using _haproxy = await startHaproxy(
        `listen l\n  mode tcp\n  bind 127.0.0.1:${port}\n  server s 127.0.0.1:${plane.port} ${option}`,
        port,
      );
      using client = await RawClient.open(port);
      client.write('x\r\n');
      const told = await client.until('who the client is', (text) => text.startsWith('PROXY'));
      assert.match(told, new RegExp(`^PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 ${client.socket.localPort} `));
    });
  }

  test('may come from nginx', { skip: skipWithout('nginx') || skipWithoutNginxStream() }, async () => {
    await using out = await origin();
    await using plane = await world(out.port, { proxyProtocol: 'v1' }, { proxyProtocol: TRUSTED });
    const port = await freePort('127.0.0.1');
    const server = `listen 127.0.0.1:${port}; proxy_pass 127.0.0.1:${plane.port}; proxy_protocol on;`;
    await using _nginx = await startNginx(`stream { server { ${server} } }`, port);
    using client = await RawClient.open(port);
    client.write('x\r\n');
    const told = await client.until('who the client is', (text) => text.startsWith('PROXY'));
    assert.match(told, new RegExp(`^PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 ${client.socket.localPort} `));
  });

  test('loses nothing of what comes with it, in whatever pieces', async () => {
    await using out = await hostileOrigin(() => {});
    await using plane = await world(out.port, {}, { proxyProtocol: TRUSTED });
    using whole = await RawClient.open(plane.port);
    whole.write('PROXY TCP4 192.0.2.7 192.0.2.8 1234 5678\r\nfirst bytes');
    await eventually(2_000, 'they are there', () => out.connections[0]?.received === 'first bytes');
    using pieces = await RawClient.open(plane.port);
    for (const piece of ['PROXY TCP4 192.0.2.7 192', '.0.2.8 1234 5678\r', '\nfirst ', 'bytes']) {
      pieces.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    await eventually(2_000, 'they are there', () => out.connections[1]?.received === 'first bytes');
  });

  test('bounds connections by the client that it names, and is believed of proxies only', async () => {
    await using out = await hostileOrigin((connection) => connection.write('ok'));
    await using plane = await world(out.port, {}, { proxyProtocol: TRUSTED, connectionsPerSourceMax: 1 });
    const open = async (from: string): Promise<RawClient> => {
      const client = await RawClient.open(plane.port);
      client.write(`PROXY TCP4 ${from} 192.0.2.8 1234 5678\r\n`);
      return client;
    };
    using first = await open('192.0.2.1');
    await first.until('ok', (text) => text === 'ok');
    using other = await open('192.0.2.2');
    await other.until('ok', (text) => text === 'ok');
    using second = await open('192.0.2.1');
    await second.ended();
    assert.equal(second.text, '');
    await using stranger = await world(out.port, {}, { proxyProtocol: { ...TRUSTED, trusted: ['192.0.2.0/24'] } });
    using refused = await RawClient.open(stranger.port);
    await within(2_000, 'it is refused', refused.ended());
  });
});
