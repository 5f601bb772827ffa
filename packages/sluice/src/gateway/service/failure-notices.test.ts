import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { instant } from '../../base/time.ts';
import { startPlane } from '../../../test/support/data-plane.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { FAILURES, type UpstreamFailure } from '../upstream/upstream-failure.ts';
import type { WorkerContext } from '../worker-context.ts';
import { type Failed, FailureNotices, type NoticeOwner } from './failure-notices.ts';

function world(plan: Partial<NoticeOwner['plan']> = {}) {
  const said: string[] = [];
  const event: WorkerContext['event'] = (_level, what, { endpoint, reason }) => void said.push(`${what} ${endpoint}: ${reason}`);
  const owner = { worker: { event } as WorkerContext, plan: { name: 'app', protocol: 'http1', tls: null, ...plan } as const };
  const notices = new FailureNotices(owner);
  const fail = (failure: UpstreamFailure, more: Partial<Failed> = {}, now = 0): void =>
    notices.note({ slot: 1, address: 'a:1', failure, hasAnswered: false, tlsFailure: '', ...more }, instant(now));
  return { said, fail };
}

test('the first failure of a kind is told of, then one a minute', () => {
  const { said, fail } = world();
  for (let now = 0; now <= 120_000; now += 1_000) {
    fail(FAILURES.connect, {}, now);
    fail(FAILURES.invalid, {}, now);
  }
  assert.equal(said.filter((line) => line.includes('refused')).length, 3);
  assert.equal(said.filter((line) => line.includes("does it speak HTTP/2 (protocol: 'http2')?")).length, 3);
});

test('a whole service that is gone is told of ten times a minute', () => {
  const { said, fail } = world();
  for (let slot = 0; slot < 1_000; slot++) fail(FAILURES.connect, { slot, address: `a:${slot}` });
  assert.equal(said.length, 10);
});

test('what configuration has nothing to do with is not told of', () => {
  const { said, fail } = world();
  fail(FAILURES.reset, { hasAnswered: true });
  for (const failure of [FAILURES.headTimeout, FAILURES.bodyTimeout, FAILURES.poolTimeout, FAILURES.refused, FAILURES.streamReset])
    fail(failure);
  assert.deepEqual(said, []);
});

test('each reason asks for the setting that may be wrong', () => {
  const { said, fail } = world({ protocol: 'http2', tls: {} as never });
  fail(FAILURES.connect, { tlsFailure: 'its certificate has expired' });
  fail(FAILURES.reset);
  fail(FAILURES.connect, { slot: 2, address: 'b:1' });
  const clear = world();
  clear.fail(FAILURES.reset);
  assert.deepEqual(
    [...said, ...clear.said],
    [
      'upstream-failed a:1: its certificate has expired',
      "upstream-failed a:1: closed without an answer: does it speak HTTP/1.1 (protocol: 'http1')?",
      "upstream-failed b:1: no h2 by ALPN: it may speak HTTP/1.1 only (protocol: 'http1', or 'auto')",
      'upstream-failed a:1: closed without an answer: does it speak TLS (tls: true)?',
    ],
  );
});

async function portOf(context: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test('requests and connections to an endpoint that speaks something else are told of', async (context) => {
  const http1 = `127.0.0.1:${await portOf(context, createHttpServer())}`;
  const http2 = `127.0.0.1:${await portOf(context, createHttp2Server())}`;
  await using plane = await startPlane({
    services: { h2: { endpoints: [http2] }, tls: { endpoints: [http1], tls: true }, h1: { endpoints: [http1], protocol: 'http2' } },
    routes: [
      { path: '/h2', to: 'h2' },
      { path: '/tls', to: 'tls' },
      { path: '/h1', to: 'h1' },
    ],
  });
  for (const path of ['/h2', '/tls', '/h1']) {
    const client = await RawClient.open(plane.port);
    client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    await client.ended();
  }
  const reasons = plane.said.flatMap((message) => (message.type === 'event' ? [String(message.detail['reason'])] : []));
  assert.equal(reasons.length, 3, reasons.join('\n'));
  assert.match(reasons[0]!, /does it speak HTTP\/2/);
  assert.match(reasons[1]!, /^what answers is no TLS/);
  assert.match(reasons[2]!, /does it speak .*HTTP\/1\.1/);
});
