import assert from 'node:assert/strict';
import { createSecureServer as createHttp2SecureServer, createServer as createHttp2Server } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';
import { test, type TestContext } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { testAuthority } from '../../test/support/authority.ts';
import type { HealthPlan } from '../config/plan.ts';
import type { UpstreamTlsPlan } from '../config/tls-plan.ts';
import { HEALTH_PATH } from '../core/grpc/health.ts';
import { nodeProbe } from './node-probe.ts';
import type { ProbeResult, ProbeTarget } from './probe.ts';

const GRPC = { kind: 'grpc', service: '' } as const;
const HTTP = { kind: 'http', method: 'GET', path: '/', host: null, headers: [], statuses: [[200, 399]], body: null } as const;
const same = (bytes: Buffer): Buffer => bytes;

function ask(port: number, check: HealthPlan['check'], more: Partial<ProbeTarget> = {}, timeoutMs = 2_000): Promise<ProbeResult> {
  const plan: HealthPlan = {
    check,
    port: null,
    intervalMs: 5_000,
    fastIntervalMs: 500,
    timeoutMs,
    jitter: 0,
    rise: 1,
    fall: 1,
    initial: 'up',
  };
  const address = { kind: 'tcp', host: '127.0.0.1', port } as const;
  const signal = AbortSignal.timeout(timeoutMs);
  return nodeProbe({ service: 'web', endpoint: 'name:1', address, tls: null, protocol: 'http2', ...more }, plan, signal);
}

/** A grpc-js server whose health service says this of each name. */
async function healthServer(context: TestContext, status: (service: string) => number, credentials = ServerCredentials.createInsecure()) {
  const server = new Server();
  const check = {
    path: HEALTH_PATH,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
  } as const;
  const seen: unknown[] = [];
  server.addService(
    { check: { ...check, responseSerialize: same, responseDeserialize: same } },
    {
      check(call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) {
        const name = call.request.subarray(2).toString();
        seen.push([call.getHost(), name, Number(call.getDeadline()) - Date.now() > 1_000]);
        const serving = status(name);
        if (serving < 0) reply({ code: 5, details: 'unknown service' });
        else reply(null, Buffer.from([8, serving]));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  );
  context.after(() => server.forceShutdown());
  return { port, seen };
}

async function listening(context: TestContext, server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('SERVING is healthy, everything else is not', async (context) => {
  const { port, seen } = await healthServer(context, (name) => ({ '': 1, 'shop.Cart': 2 })[name] ?? -1);
  assert.deepEqual(await ask(port, GRPC), { passed: true, detail: 'SERVING' });
  assert.deepEqual(await ask(port, { ...GRPC, service: 'shop.Cart' }), { passed: false, detail: 'NOT_SERVING' });
  assert.deepEqual(await ask(port, { ...GRPC, service: 'shop.Other' }), { passed: false, detail: 'grpc-status 5 (NOT_FOUND)' });
  const host = `127.0.0.1:${port}`;
  assert.deepEqual(seen, [
    [host, '', true],
    [host, 'shop.Cart', true],
    [host, 'shop.Other', true],
  ]);
});

test('a server without a health service is not healthy', async (context) => {
  const server = new Server();
  const port = await new Promise<number>((resolve) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_error, bound) => resolve(bound)),
  );
  context.after(() => server.forceShutdown());
  assert.deepEqual(await ask(port, GRPC), { passed: false, detail: 'grpc-status 12 (UNIMPLEMENTED)' });
});

test('what is no gRPC is said', async (context) => {
  const http2 = createHttp2Server((_request, response) => response.end('hello'));
  assert.deepEqual(await ask(await listening(context, http2), GRPC), { passed: false, detail: 'the reply has no grpc-status' });
  const http1 = createServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
  const { passed, detail } = await ask(await listening(context, http1), GRPC);
  assert.equal(passed, false);
  assert.match(detail, /^it speaks HTTP\/1\.1, and HTTP\/2 was asked for/);
});

test('a server that says nothing is given up in time', async (context) => {
  const sockets: { destroy(): void }[] = [];
  const port = await listening(
    context,
    createServer((socket) => void sockets.push(socket.on('error', () => {}))),
  );
  const { passed, detail } = await ask(port, GRPC, {}, 200);
  assert.equal(passed, false);
  assert.match(detail, /timeout/);
  for (const socket of sockets) socket.destroy();
});

test('a service with TLS is probed by TLS: gRPC, HTTP/1.1, HTTP/2 and TCP', async (context) => {
  const authority = await testAuthority();
  const { certPem: cert, keyPem: key } = await authority.leaf(['svc.example']);
  const tls: UpstreamTlsPlan = {
    serverName: 'svc.example',
    verify: true,
    caFiles: [],
    caPem: authority.certPem,
    certFile: null,
    keyFile: null,
    certPem: '',
    keyPem: '',
    minVersion: 'TLSv1.2',
  };
  const credentials = ServerCredentials.createSsl(null, [{ private_key: Buffer.from(key), cert_chain: Buffer.from(cert) }]);
  const grpc = await healthServer(context, () => 1, credentials);
  assert.deepEqual(await ask(grpc.port, GRPC, { tls }), { passed: true, detail: 'SERVING' });
  const http1 = await listening(
    context,
    createHttpsServer({ cert, key }, (_request, response) => response.end('fine')),
  );
  assert.deepEqual(await ask(http1, HTTP, { tls, protocol: 'http1' }), { passed: true, detail: '200' });
  assert.deepEqual(await ask(http1, { kind: 'tcp' }, { tls }), { passed: true, detail: 'connected' });
  assert.equal((await ask(http1, GRPC, { tls })).passed, false, 'it offers no HTTP/2');
  const silent = createTlsServer({ cert, key }, (socket) => void socket.on('error', () => {}));
  assert.deepEqual(await ask(await listening(context, silent), GRPC, { tls }), {
    passed: false,
    detail: 'no h2 by ALPN: it may speak HTTP/1.1 only, see `protocol` of the service',
  });
  const http2 = await listening(
    context,
    createHttp2SecureServer({ cert, key }, (_request, response) => response.end('all is well')),
  );
  assert.deepEqual(await ask(http2, { ...HTTP, body: 'well' }, { tls }), { passed: true, detail: '200, body as expected' });
  assert.deepEqual(await ask(http2, HTTP, { tls }), { passed: true, detail: '200' });
  const other = await ask(http1, { kind: 'tcp' }, { tls: { ...tls, serverName: 'other.example' } });
  assert.equal(other.passed, false);
  assert.match(other.detail, /made out to svc\.example, not to other\.example/);
});

test('an HTTP probe of a service that speaks HTTP/2 in the clear does so, too', async (context) => {
  const port = await listening(
    context,
    createHttp2Server((request, response) => {
      response.statusCode = request.url === '/' ? 204 : 503;
      response.end();
    }),
  );
  assert.deepEqual(await ask(port, HTTP), { passed: true, detail: '204' });
  assert.deepEqual(await ask(port, { ...HTTP, path: '/sick' }), { passed: false, detail: 'status 503, expected 200-399' });
});
