/** HTTP/2 with what others wrote: clients, origins, and proxies on both sides of the real program. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { connect, createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../../src/io/ports.ts';
import { startCaddy, startHaproxy, startNghttpd, startNginx } from '../support/foreign-proxy.ts';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { skipWithout } from '../support/system-program.ts';

const run = promisify(execFile);
const BIG = 'x'.repeat(3_000_000);
const folder = mkdtempSync(join(tmpdir(), 'sluice-h2-'));
const upload = join(folder, 'upload');
writeFileSync(upload, BIG);
after(() => rmSync(folder, { recursive: true, force: true }));

async function program(name: string, ...parameters: readonly string[]): Promise<string> {
  const path = `${process.env['PATH']}:/usr/sbin`;
  const { stdout, stderr } = await run(name, parameters, {
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, PATH: path },
  });
  return stdout + stderr;
}

function configOf(port: number, protocol: 'http1' | 'http2'): GatewayConfig {
  return {
    services: { origin: { endpoints: [`127.0.0.1:${port}`], protocol, outlier: false } },
    routes: [{ path: '/*', to: 'origin' }],
    workers: 1,
  };
}

function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port;
}

/** Answers `/big` with 3 MB, an upload with its length, everything else with its method and path. */
function answer(method: string, path: string, body: number): string {
  return path === '/big' ? BIG : body > 0 ? `${body} bytes` : `${method} ${path}`;
}

let http1: Server;
let http2: Http2Server;
const sessions = new Set<ServerHttp2Session>();

before(async () => {
  const serve = (
    request: {
      readonly method?: string | undefined;
      readonly url?: string | undefined;
      on(event: string, listener: (chunk: Buffer) => void): unknown;
    },
    reply: { end(text: string): unknown },
  ): void => {
    let size = 0;
    request.on('data', (chunk) => (size += chunk.length));
    request.on('end', () => reply.end(answer(request.method!, request.url!, size)));
  };
  http1 = createHttpServer(serve);
  http2 = createServer({ maxSessionMemory: 1_000 }).on('request', serve); // megabytes; by default 10, then it refuses streams
  http2.on('session', (session) => sessions.add(session));
  for (const server of [http1, http2]) await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
});

after(() => {
  http1.closeAllConnections();
  http1.close();
  for (const session of sessions) session.destroy();
  http2.close();
});

describe('clients', () => {
  for (const protocol of ['http1', 'http2'] as const) {
    describe(`before an origin of ${protocol}`, () => {
      let gateway: Gateway;
      const url = (path: string): string => `http://127.0.0.1:${gateway.port}${path}`;
      before(async () => {
        gateway = await startGateway(configOf(portOf(protocol === 'http1' ? http1 : http2), protocol));
      });
      after(() => gateway?.[Symbol.asyncDispose]());

      test('curl: GET, HEAD, upload, download', { skip: skipWithout('curl') }, async () => {
        const curl = (...more: readonly string[]): Promise<string> => program('curl', '-sS', '--http2-prior-knowledge', ...more);
        assert.equal(await curl(url('/a')), 'GET /a');
        assert.match(await curl('-I', url('/a')), /^HTTP\/2 200/);
        assert.equal(await curl('-T', upload, url('/put')), `${BIG.length} bytes`);
        assert.equal(await curl('-H', 'Expect: 100-continue', '--data-binary', `@${upload}`, url('/post')), `${BIG.length} bytes`);
        assert.equal((await curl(url('/big'))).length, BIG.length);
      });

      test('nghttp: many at once, uploads, a small window, padding', { skip: skipWithout('nghttp') }, async () => {
        const paths = Array.from({ length: 50 }, (_, index) => url(`/${index}`));
        const text = await program('nghttp', '--no-dep', ...paths);
        assert.equal(text.match(/GET \/\d+/g)?.length, 50);
        assert.match(await program('nghttp', '-d', upload, url('/post')), new RegExp(`${BIG.length} bytes`));
        assert.equal((await program('nghttp', '-w', '10', '-W', '12', url('/big'))).length, BIG.length);
        assert.match(await program('nghttp', '-b', '200', '-d', upload, url('/post')), new RegExp(`${BIG.length} bytes`));
        if (protocol === 'http2') assert.match(await program('nghttp', '--continuation', url('/a')), /GET \/a/); // a head that Node refuses in HTTP/1.1
        assert.match(await program('nghttp', '-H', ':method: HEAD', '-s', url('/a')), /200/);
        assert.match(await program('nghttp', '--trailer', 'x: y', '-d', upload, url('/post')), new RegExp(`${BIG.length} bytes`));
      });

      test('h2load: every request succeeds', { skip: skipWithout('h2load') }, async () => {
        const all = async (count: number, ...more: readonly string[]): Promise<void> => {
          const text = await program('h2load', '-n', String(count), ...more);
          assert.match(text, new RegExp(`${count} succeeded, 0 failed, 0 errored, 0 timeout`), text);
          assert.match(text, new RegExp(`status codes: ${count} 2xx`), text);
        };
        await all(5_000, '-c', '10', '-m', '100', url('/a'));
        await all(1_000, '-c', '50', '-m', '10', url('/a'));
        await all(20, '-c', '4', '-m', '5', '-d', upload, url('/post'));
        await all(30, '-c', '3', '-m', '10', '-w', '14', '-W', '16', url('/big'));
        await all(500, '-c', '5', '-m', '20', '--header-table-size', '0', '--encoder-header-table-size', '0', url('/a'));
      });

      test('node:http2: replies, uploads, aborts', async () => {
        const session = connect(url(''));
        const ask = (headers: Readonly<Record<string, string>>, body = ''): Promise<string> =>
          new Promise((resolve, reject) => {
            const stream = session.request(headers, { endStream: body === '' });
            let text = '';
            stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
            stream.on('error', reject).on('end', () => resolve(text));
            if (body !== '') stream.end(body);
          });
        const many = await Promise.all(Array.from({ length: 300 }, (_, index) => ask({ ':path': `/${index}` })));
        assert.deepEqual(
          many,
          Array.from({ length: 300 }, (_, index) => `GET /${index}`),
        );
        assert.equal(await ask({ ':path': '/post', ':method': 'POST' }, BIG), `${BIG.length} bytes`);
        for (let count = 0; count < 20; count++) {
          const stream = session.request({ ':path': '/big' });
          stream.on('error', () => {});
          stream.once('data', () => stream.close(8));
          await new Promise((resolve) => stream.once('close', resolve));
        }
        assert.equal((await ask({ ':path': '/big' })).length, BIG.length);
        session.close();
      });
    });
  }
});

/** Asks through a gateway as a client of HTTP/1.1. */
async function asked(gateway: Gateway, path: string, body?: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, body === undefined ? {} : { method: 'POST', body });
  assert.equal(response.status, 200, path);
  return await response.text();
}

describe('origins', () => {
  test('nghttpd', { skip: skipWithout('nghttpd') }, async () => {
    const port = await freePort('127.0.0.1');
    await using _origin = await startNghttpd({ a: 'nghttpd', big: BIG }, port, '-m', '20', '--echo-upload');
    await using gateway = await startGateway(configOf(port, 'http2'));
    const many = await Promise.all(Array.from({ length: 200 }, () => asked(gateway, '/a')));
    assert.ok(many.every((text) => text === 'nghttpd'));
    assert.equal((await asked(gateway, '/big')).length, BIG.length);
    assert.equal((await asked(gateway, '/echo', BIG)).length, BIG.length);
  });

  test('nginx', { skip: skipWithout('nginx') }, async () => {
    const port = await freePort('127.0.0.1');
    await using _origin = await startNginx(
      `http { http2_max_requests 50; keepalive_requests 50; server { listen 127.0.0.1:${port} http2; location / { return 200 "nginx"; } } }`,
      port,
    );
    await using gateway = await startGateway(configOf(port, 'http2'));
    // It says GOAWAY after every 50 requests.
    for (let round = 0; round < 10; round++) {
      const many = await Promise.all(Array.from({ length: 60 }, () => asked(gateway, '/a')));
      assert.ok(many.every((text) => text === 'nginx'));
    }
  });

  test('HAProxy', { skip: skipWithout('haproxy') }, async () => {
    const port = await freePort('127.0.0.1');
    const sections = `frontend f\n  mode http\n  bind 127.0.0.1:${port} proto h2\n  http-request return status 200 content-type text/plain string haproxy`;
    await using _origin = await startHaproxy(sections, port);
    await using gateway = await startGateway(configOf(port, 'http2'));
    const many = await Promise.all(Array.from({ length: 300 }, () => asked(gateway, '/a')));
    assert.ok(many.every((text) => text === 'haproxy'));
  });

  test('Caddy', { skip: skipWithout('caddy') }, async () => {
    const port = await freePort('127.0.0.1');
    await using _origin = await startCaddy(`http://127.0.0.1:${port} {\n  respond "caddy"\n}`, port);
    await using gateway = await startGateway(configOf(port, 'http2'));
    const many = await Promise.all(Array.from({ length: 300 }, () => asked(gateway, '/a')));
    assert.ok(many.every((text) => text === 'caddy'));
  });
});

describe('proxies before us', () => {
  let gateway: Gateway;
  before(async () => {
    gateway = await startGateway(configOf(portOf(http2), 'http2'));
  });
  after(() => gateway?.[Symbol.asyncDispose]());

  async function through(port: number): Promise<void> {
    const ask = async (path: string, body?: string): Promise<string> =>
      await (await fetch(`http://127.0.0.1:${port}${path}`, body === undefined ? {} : { method: 'POST', body })).text();
    const many = await Promise.all(Array.from({ length: 200 }, (_, index) => ask(`/${index}`)));
    assert.deepEqual(
      many,
      Array.from({ length: 200 }, (_, index) => `GET /${index}`),
    );
    assert.equal((await ask('/big')).length, BIG.length);
    assert.equal(await ask('/post', BIG), `${BIG.length} bytes`);
  }

  test('HAProxy', { skip: skipWithout('haproxy') }, async () => {
    const port = await freePort('127.0.0.1');
    await using _proxy = await startHaproxy(
      `frontend f\n  mode http\n  bind 127.0.0.1:${port}\n  default_backend b\nbackend b\n  mode http\n  server s 127.0.0.1:${gateway.port} proto h2`,
      port,
    );
    await through(port);
  });

  test('Caddy', { skip: skipWithout('caddy') }, async () => {
    const port = await freePort('127.0.0.1');
    await using _proxy = await startCaddy(`http://127.0.0.1:${port} {\n  reverse_proxy h2c://127.0.0.1:${gateway.port}\n}`, port);
    await through(port);
  });

  test('nginx, by grpc_pass', { skip: skipWithout('nginx') }, async () => {
    const port = await freePort('127.0.0.1');
    await using _proxy = await startNginx(
      `http { client_max_body_size 0; server { listen 127.0.0.1:${port}; location / { grpc_pass grpc://127.0.0.1:${gateway.port}; } } }`,
      port,
    );
    const ask = async (path: string): Promise<string> => await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    const many = await Promise.all(Array.from({ length: 100 }, (_, index) => ask(`/${index}`)));
    assert.deepEqual(
      many,
      Array.from({ length: 100 }, (_, index) => `GET /${index}`),
    );
  });
});
