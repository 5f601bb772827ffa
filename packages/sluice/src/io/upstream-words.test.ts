import assert from 'node:assert/strict';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { UpstreamTlsPlan } from '../config/tls-plan.ts';
import { testAuthority } from '../../test/support/authority.ts';
import { nodeProbe } from './node-probe.ts';
import { connectionWords, foreignReply } from './upstream-words.ts';

const authority = await testAuthority();
const { certPem: cert, keyPem: key } = await authority.leaf(['127.0.0.1', 'localhost']);
const CA = authority.certPem;
const handler: RequestListener = (_request, response) => void response.end('ok');
const TLS: UpstreamTlsPlan = {
  serverName: null,
  verify: true,
  caFiles: [],
  caPem: '',
  certFile: null,
  keyFile: null,
  certPem: '',
  keyPem: '',
  minVersion: 'TLSv1.2',
};

/** What a probe says of the server, asked in the wrong way. */
async function asked(
  context: TestContext,
  server: Server,
  how: { readonly tls?: UpstreamTlsPlan; readonly protocol?: 'http1' | 'http2' },
): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = { kind: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port } as const;
  const check = { kind: 'http', method: 'GET', path: '/', host: null, headers: [], statuses: [[200, 399]], body: null } as const;
  const plan = {
    check,
    port: null,
    intervalMs: 1_000,
    fastIntervalMs: 500,
    timeoutMs: 500,
    jitter: 0,
    rise: 1,
    fall: 1,
    initial: 'up',
  } as const;
  const target = { service: 'app', endpoint: 'a:1', address, tls: how.tls ?? null, protocol: how.protocol ?? 'http1' };
  const { passed, detail } = await nodeProbe(target, plan, AbortSignal.timeout(2_000));
  assert.equal(passed, false);
  return detail;
}

test('an endpoint that speaks another protocol is told of with the setting that says so', async (context) => {
  const http2 = (): Server => createHttp2Server(handler as never);
  const tlsServer = (): Server => createHttpsServer({ cert, key }, handler);
  assert.match(await asked(context, http2(), {}), /^it speaks HTTP\/2: protocol: 'http2'/);
  assert.match(await asked(context, createHttpServer(handler), { protocol: 'http2' }), /^it speaks HTTP\/1\.1, and HTTP\/2 was asked for/);
  assert.match(await asked(context, createHttpServer(handler), { tls: TLS }), /^what answers is no TLS: take `tls` out/);
  assert.match(await asked(context, tlsServer(), {}), /^it closed without a word: does it speak TLS/);
  assert.match(
    await asked(context, tlsServer(), { tls: TLS }),
    /^its certificate is signed by nobody who is trusted here: .*tls: { ca: FILE }/,
  );
  const named = { ...TLS, caPem: CA, serverName: 'other.example' };
  assert.match(
    await asked(context, tlsServer(), { tls: named }),
    /^its certificate is made out to .*, not to other\.example: tls: { serverName/,
  );
  const verified = { ...TLS, caPem: CA };
  assert.match(await asked(context, tlsServer(), { tls: verified, protocol: 'http2' }), /by ALPN: try another `protocol`/);
});

test('nothing is read into bytes that may be what was asked for', () => {
  assert.equal(foreignReply(Buffer.from('HTTP/1.1 200 OK\r\n'), 'http1'), null);
  assert.equal(foreignReply(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]), 'http2'), null);
  assert.equal(foreignReply(Buffer.from('+OK'), 'http1'), null);
  assert.match(foreignReply(Buffer.from([0x15, 3, 1, 0, 2, 2, 70]), 'http1') ?? '', /it speaks TLS/);
});

test('other errors keep their words', () => {
  assert.equal(connectionWords(new Error('connect ECONNREFUSED 127.0.0.1:1')), 'connect ECONNREFUSED 127.0.0.1:1');
  const openssl = Object.assign(new Error('4033:error:0A00:SSL routines:x.c:78:\n'), {
    code: 'ERR_SSL_BAD_ECPOINT',
    reason: 'bad ecpoint',
  });
  assert.equal(connectionWords(openssl), 'TLS: bad ecpoint');
  const written = 'write EPROTO 40D3:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../any_meth.c:78:\n';
  assert.match(connectionWords(new Error(written)), /^what answers is no TLS/);
});
