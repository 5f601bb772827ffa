/** The forward proxy over real sockets: tunnels and requests end to end, what is refused, who is, and what becomes of those who are slow, leave, or cut. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, request as httpRequest, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';
import { hashPassword } from '../../src/io/password.ts';
import { BYTES_IN, DENIED, STARTED } from '../../src/observe/metric-layout.ts';
import { type ForwardConfig, type ForwardPlane, startForwardProxy } from '../support/forward-plane.ts';
import { RawClient } from '../support/raw-client.ts';
import { tlsMaterial } from '../support/tls-material.ts';
import { eventually, within } from '../support/waiting.ts';

const MIB = 1024 * 1024;
const LOOPBACK = { allowPrivate: ['127.0.0.1'] };

async function listen(context: TestContext, server: Server, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => {}));
  });
  server.listen(0, host);
  await once(server, 'listening');
  context.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** An origin in HTTP, reached as `a.test`. */
async function withOrigin(context: TestContext, handle: RequestListener, more: ForwardConfig = {}) {
  const port = await listen(context, createHttp(handle));
  const proxy = await startForwardProxy({ allow: [{ hosts: ['a.test'], ports: [port] }], ...LOOPBACK, ...more });
  context.after(() => proxy[Symbol.asyncDispose]());
  proxy.names.set('a.test', [['127.0.0.1']]);
  return { port, proxy, url: `http://a.test:${port}` };
}

/** The same with an origin that is a script on a socket. */
async function withScript(context: TestContext, script: (socket: Socket) => void, more: ForwardConfig = {}) {
  const port = await listen(context, createTcp({ allowHalfOpen: true }, script));
  const proxy = await startForwardProxy({ allow: [{ hosts: ['a.test'], ports: [port] }], ...LOOPBACK, ...more });
  context.after(() => proxy[Symbol.asyncDispose]());
  proxy.names.set('a.test', [['127.0.0.1']]);
  return { port, proxy, url: `http://a.test:${port}` };
}

const head = (line: string, ...fields: readonly string[]): string =>
  `${line} HTTP/1.1\r\nHost: a.test\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;
const isWhole = (text: string): boolean => text.includes('\r\n\r\n');

async function ask(proxy: ForwardPlane, request: string, holds = isWhole): Promise<string> {
  using client = await RawClient.open(proxy.port);
  return await client.ask(request, holds);
}

async function statusOf(proxy: ForwardPlane, line: string, ...fields: readonly string[]): Promise<string> {
  const text = await ask(proxy, head(line, ...fields));
  return `${text.slice(9, 12)} ${/Sluice-Error: (.*)\r/.exec(text)?.[1] ?? ''}`.trim();
}

async function tunnel(proxy: ForwardPlane, destination: string): Promise<RawClient> {
  const client = await RawClient.open(proxy.port);
  assert.match(await client.ask(head(`CONNECT ${destination}`), isWhole), /^HTTP\/1\.1 200 /);
  client.text = '';
  return client;
}

/** Whatever breaks it. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of message.setEncoding('latin1')) text += String(chunk);
  return text;
}

// ---- tunnels

test('CONNECT to an origin behind TLS: the client speaks with it end to end', async (context) => {
  using material = await tlsMaterial();
  const { certPem, keyPem } = await material.authority.leaf(['a.test']);
  const port = await listen(
    context,
    createHttps({ cert: certPem, key: keyPem }, (request, reply) => reply.end(`secret ${request.url}`)),
  );
  await using proxy = await startForwardProxy({ allow: [{ hosts: ['a.test'], ports: [port] }], ...LOOPBACK });
  proxy.names.set('a.test', [['127.0.0.1']]);
  using client = await tunnel(proxy, `a.test:${port}`);
  client.socket.removeAllListeners('data');
  const session = tlsConnect({ socket: client.socket, servername: 'a.test', ca: material.authority.certPem });
  await within(3_000, 'the handshake', once(session, 'secureConnect'));
  session.write('GET /x HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
  let text = '';
  for await (const chunk of session) text += String(chunk);
  assert.match(text, /secret \/x$/);
  session.destroy();
  await eventually(2_000, 'the tunnel is logged', () => proxy.records.length === 1);
  const { method, host, endpoint, status, bytesIn, bytesOut } = proxy.records[0]!;
  assert.deepEqual(
    { method, host, endpoint, status },
    { method: 'CONNECT', host: `a.test:${port}`, endpoint: `127.0.0.1:${port}`, status: 200 },
  );
  assert.ok(bytesIn > 200 && bytesOut > 500);
});

test('bytes that a client sends with its CONNECT reach the origin, and an end of one side leaves the other open', async (context) => {
  const { proxy, port } = await withScript(context, (socket) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('end', () => socket.end(`got ${text}`));
  });
  using client = await RawClient.open(proxy.port);
  client.write(`${head(`CONNECT a.test:${port}`)}early `);
  await client.until('the tunnel', isWhole);
  client.socket.end('late');
  await client.until('what the origin says after our end', (text) => text.endsWith('got early late'));
  assert.equal(await client.ended(), 'fin');
  await eventually(2_000, 'the tunnel is over', () => proxy.records.length === 1);
  assert.equal(proxy.records[0]!.outcome, 'complete');
  assert.deepEqual([proxy.records[0]!.bytesIn, proxy.records[0]!.bytesOut], [10, 14]);
});

test('a reset of either side of a tunnel is a reset on the other', async (context) => {
  const sockets: Socket[] = [];
  const { proxy, port } = await withScript(context, (socket) => void sockets.push(socket.on('error', () => {})));
  using first = await tunnel(proxy, `a.test:${port}`);
  await eventually(2_000, 'the origin is connected to', () => sockets.length === 1);
  sockets[0]!.resetAndDestroy();
  assert.equal(await first.ended(), 'reset');
  using second = await tunnel(proxy, `a.test:${port}`);
  await eventually(2_000, 'the origin is connected to', () => sockets.length === 2);
  const ended = closed(sockets[1]!);
  second.socket.resetAndDestroy();
  await within(2_000, 'the origin hears of it', ended);
  await eventually(2_000, 'both are logged', () => proxy.records.length === 2);
  assert.deepEqual(
    proxy.records.map(({ outcome }) => outcome),
    ['upstream-reset', 'client-gone'],
  );
});

test('a client that does not read stops the origin: memory stays bounded, and everything arrives in the end', async (context) => {
  let written = 0;
  const total = 96 * MIB;
  const { proxy, port } = await withScript(context, (socket) => {
    const piece = Buffer.alloc(256 * 1024, 'x');
    const more = (): void => {
      while (written < total) {
        written += piece.length;
        if (!socket.write(piece)) return;
      }
      socket.end();
    };
    socket.on('drain', more);
    more();
  });
  using client = await RawClient.open(proxy.port);
  client.socket.removeAllListeners('data');
  client.write(head(`CONNECT a.test:${port}`));
  client.socket.pause();
  let before = -1;
  await eventually(5_000, 'the origin is stopped', async () => {
    const isStill = written === before;
    before = written;
    await sleep(100);
    return isStill && written > 0;
  });
  assert.ok(written < 48 * MIB, `the origin could write ${written} bytes`);
  let read = 0;
  for await (const chunk of client.socket) read += (chunk as Buffer).length;
  assert.equal(read - 'HTTP/1.1 200 Connection established\r\n\r\n'.length, total);
});

test('a silent tunnel ends after its time, and one that lasts too long whatever happens in it', async (context) => {
  const { proxy, port } = await withScript(context, (socket) => socket.pipe(socket), { timeouts: { idle: '10s', lifetime: '25s' } });
  using idle = await tunnel(proxy, `a.test:${port}`);
  proxy.advance(9_000);
  assert.equal(idle.ending, 'open');
  proxy.advance(1_001);
  assert.equal(await idle.ended(), 'fin');
  using busy = await tunnel(proxy, `a.test:${port}`);
  for (let round = 0; round < 4; round++) {
    await busy.ask('ping', (text) => text === 'ping');
    proxy.advance(6_000);
  }
  assert.equal(busy.ending, 'open');
  proxy.advance(1_001);
  assert.equal(await busy.ended(), 'reset');
  assert.deepEqual(
    proxy.records.map(({ outcome }) => outcome),
    ['timeout-idle', 'timeout-lifetime'],
  );
});

// ---- requests

test('a request is written anew: origin-form, Host of the target, nothing hop-by-hop, no password for the proxy', async (context) => {
  const { proxy, url, port } = await withOrigin(context, (request, reply) =>
    reply.end(JSON.stringify([request.method, request.url, request.rawHeaders])),
  );
  const fields = [
    'Proxy-Authorization: Basic eDp5',
    'Proxy-Connection: keep-alive',
    'Connection: x-hop, keep-alive',
    'X-Hop: 1',
    'Keep-Alive: 5',
    'Upgrade: h2c',
    'X-End: 2',
  ];
  const text = await ask(proxy, `GET ${url}/a/../b?c=%2F HTTP/1.1\r\nHost: evil.test\r\n${fields.join('\r\n')}\r\n\r\n`, (reply) =>
    reply.endsWith(']]'),
  );
  const [method, target, headers] = JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) as [string, string, string[]];
  assert.deepEqual([method, target], ['GET', '/a/../b?c=%2F']);
  assert.deepEqual(headers, ['Host', `a.test:${port}`, 'X-End', '2', 'Via', '1.1 sluice-forward', 'Connection', 'close']);
  assert.match(text, /\r\nVia: 1\.1 sluice-forward\r\n/);
  assert.doesNotMatch(text, /\r\nConnection: close/i);
});

test('contents go both ways in their framing, over one connection of the client', async (context) => {
  const { proxy, url } = await withOrigin(context, (request, reply) => {
    if (request.url === '/length') reply.setHeader('Content-Length', 5);
    else reply.setHeader('Trailer', 'x-sum');
    void textOf(request).then((text) => {
      if (request.url !== '/length') reply.addTrailers({ 'x-sum': String(text.length) });
      reply.end(request.url === '/length' ? 'hello' : `${text}${request.trailers['x-in'] ?? ''}`);
    });
  });
  using client = await RawClient.open(proxy.port);
  const chunked = await client.ask(
    `${head(`POST ${url}/chunked`, 'Transfer-Encoding: chunked', 'Trailer: x-in')}3;a=b\r\nabc\r\n4\r\ndefg\r\n0\r\nX-In: !\r\n\r\n`,
    (text) => text.endsWith('\r\n\r\n') && text.includes('\r\n0\r\n'),
  );
  assert.match(chunked, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n8\r\nabcdefg!\r\n0\r\nx-sum: 7\r\n\r\n$/);
  const length = await client.ask(`${head(`PUT ${url}/length`, 'Content-Length: 3')}xyz`, (text) => text.endsWith('hello'));
  assert.match(length, /\r\nContent-Length: 5\r\n/);
  const asked = await client.ask(head(`POST ${url}/100`, 'Content-Length: 2', 'Expect: 100-continue'), isWhole);
  assert.match(asked, /^HTTP\/1\.1 100 Continue\r\n/);
  await client.ask('ok', (text) => text.includes('\r\nok\r\n0\r\n'));
  assert.match(await client.ask(head(`HEAD ${url}/length`), isWhole), /\r\nContent-Length: 5\r\n\r\n$/);
  assert.deepEqual(
    proxy.records.map(({ status, bytesIn, outcome }) => [status, bytesIn, outcome]),
    [
      [200, 7, 'complete'],
      [200, 3, 'complete'],
      [200, 2, 'complete'],
      [200, 0, 'complete'],
    ],
  );
});

test('pipelined requests are answered in order, one after the other', async (context) => {
  let running = 0;
  const { proxy, url } = await withOrigin(context, (request, reply) => {
    assert.equal(++running, 1);
    setImmediate(() => {
      running--;
      reply.end(`<${request.url}>`);
    });
  });
  using client = await RawClient.open(proxy.port);
  client.write(['/1', '/2', '/3'].map((path) => head(`GET ${url}${path}`)).join(''));
  const text = await client.until('three replies', (got) => got.includes('</3>'));
  assert.deepEqual(text.match(/<\/\d>/g), ['</1>', '</2>', '</3>']);
});

test('a client of node:http, and one of HTTP/1.0, get what they can read', async (context) => {
  const { proxy, url } = await withOrigin(context, (_request, reply) => {
    reply.write('in pieces, ');
    reply.end('of no known length');
  });
  const [reply] = (await once(httpRequest({ host: '127.0.0.1', port: proxy.port, path: `${url}/`, agent: false }).end(), 'response')) as [
    IncomingMessage,
  ];
  assert.equal(await textOf(reply), 'in pieces, of no known length');
  using old = await RawClient.open(proxy.port);
  old.write(`GET ${url}/ HTTP/1.0\r\n\r\n`);
  assert.equal(await old.ended(), 'fin');
  assert.match(old.text, /\r\nConnection: close\r\n\r\nin pieces, of no known length$/);
});

test('a large reply waits for its reader, and a large request for the origin', async (context) => {
  let received = 0;
  let resume = (): void => {};
  const { proxy, url } = await withOrigin(context, (request, reply) => {
    if (request.method === 'GET') return void reply.end(Buffer.alloc(64 * MIB));
    resume = () => request.on('data', (chunk: Buffer) => (received += chunk.length)).on('end', () => reply.end('done'));
  });
  using client = await RawClient.open(proxy.port);
  client.socket.removeAllListeners('data');
  client.write(head(`GET ${url}/`, 'Connection: close'));
  client.socket.pause();
  await sleep(300);
  const request = [...proxy.listener['connections'].all()][0] as unknown as { request: { bytesOut: number } };
  assert.ok(request.request.bytesOut < 32 * MIB, `${request.request.bytesOut} bytes were taken from the origin`);
  let read = 0;
  for await (const chunk of client.socket) read += (chunk as Buffer).length;
  assert.ok(read > 64 * MIB);

  using sender = await RawClient.open(proxy.port);
  sender.write(head(`POST ${url}/`, `Content-Length: ${64 * MIB}`));
  sender.socket.write(Buffer.alloc(64 * MIB));
  await sleep(300);
  assert.ok(sender.socket.writableLength > 24 * MIB, `only ${sender.socket.writableLength} bytes wait at the client`);
  resume();
  await sender.until('the reply', (text) => text.endsWith('done\r\n0\r\n\r\n') || text.endsWith('done'));
  assert.equal(received, 64 * MIB);
});

test("a redirect is the client's to follow", async (context) => {
  let requests = 0;
  const { proxy, url } = await withOrigin(context, (_request, reply) => {
    requests++;
    reply.writeHead(302, { Location: 'http://169.254.169.254/latest/meta-data/' }).end();
  });
  assert.match(await ask(proxy, head(`GET ${url}/`)), /^HTTP\/1\.1 302 [^]*\r\nLocation: http:\/\/169\.254\.169\.254/);
  assert.equal(requests, 1);
  assert.equal(await statusOf(proxy, 'GET http://169.254.169.254/latest/meta-data/'), '403 denied-host');
});

// ---- what is refused

test('what is not asked for in a way that all read alike is 400, and ends the connection', async (context) => {
  const { proxy, port } = await withOrigin(context, (_request, reply) => reply.end());
  const lines = [
    'GET /',
    'GET /healthz',
    'OPTIONS *',
    'GET a.test',
    `CONNECT a.test`,
    `CONNECT http://a.test:${port}`,
    `CONNECT a.test:${port}/`,
    `CONNECT user@a.test:${port}`,
    'CONNECT 127.1:443',
    'CONNECT 2130706433:443',
    'CONNECT 0x7f.0.0.1:443',
    'CONNECT 0177.0.0.1:443',
    'CONNECT 127.0.0.1.:443',
    'CONNECT a.test:0443',
    'CONNECT [::1%25lo]:443',
    'CONNECT :443',
    `GET https://a.test:${port}/`,
    'GET ftp://a.test/',
    'GET http://',
    'GET http:///x',
    'GET http://127.1/',
    'GET http://user:pass@a.test/',
    'GET http://a.test:0/',
    'GET http://a.test:/',
    'GET http://0x7f000001/',
  ];
  for (const line of lines) {
    using client = await RawClient.open(proxy.port);
    client.write(head(line));
    assert.equal(await client.ended(), 'fin', line);
    assert.match(client.text, /^HTTP\/1\.1 400 /, line);
  }
  assert.equal(await statusOf(proxy, `CONNECT a.test:${port}`, 'Content-Length: 5'), '400 client-error');
  assert.equal(await statusOf(proxy, `TRACE http://a.test:${port}/`), '405 client-error');
  assert.deepEqual(proxy.asked, []);
});

test('hosts, ports and addresses that are not allowed are 403, with the reason in the reply, the log and the metrics', async (context) => {
  const { proxy, port } = await withOrigin(context, (_request, reply) => reply.end(), {
    allow: ['a.test', 'private.test', '*.wild.test', { hosts: ['a.test'], ports: ['7000-7001'] }, '127.0.0.0/8'],
    deny: ['evil.wild.test', '127.0.0.9'],
    allowPrivate: ['127.0.0.1', '127.0.0.9'],
  });
  proxy.names.set('private.test', [['10.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.2']]);
  proxy.names.set('x.wild.test', [['127.0.0.9']]);
  assert.equal(await statusOf(proxy, 'CONNECT other.test:443'), '403 denied-host');
  assert.equal(await statusOf(proxy, 'CONNECT evil.wild.test:443'), '403 denied-host');
  assert.deepEqual(proxy.asked, [], 'what is refused by name is not resolved');
  assert.equal(await statusOf(proxy, `CONNECT a.test:${port}`), '403 denied-port');
  assert.equal(await statusOf(proxy, 'CONNECT a.test:80'), '403 denied-port');
  assert.equal(await statusOf(proxy, 'CONNECT private.test:443'), '403 denied-private');
  assert.equal(await statusOf(proxy, 'GET http://private.test/'), '403 denied-private');
  assert.equal(await statusOf(proxy, 'CONNECT x.wild.test:443'), '403 denied-private', 'deny holds for addresses');
  assert.equal(await statusOf(proxy, 'CONNECT 127.0.0.2:443'), '403 denied-private');
  assert.equal(await statusOf(proxy, 'CONNECT [::ffff:127.0.0.2]:443'), '403 denied-private');
  assert.equal(await statusOf(proxy, 'CONNECT gone.wild.test:443'), '502 resolve-failed');
  const row = proxy.plane.board.row('listener', 5);
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((column) => row[DENIED + column]),
    [0, 0, 2, 2, 5, 0],
  );
  const last = proxy.records.findLast(({ host }) => host === 'private.test:443')!;
  assert.deepEqual([last.outcome, last.endpoint, last.status], ['denied-private', '10.0.0.1:443', 403]);
  assert.equal(proxy.plane.said.filter(({ type }) => type === 'event').length, 1, 'one event a minute');
});

test('a name whose answers change (DNS rebinding) is connected to where it was checked, or not at all', async (context) => {
  const hits: string[] = [];
  const handle: RequestListener = (request, reply) => {
    hits.push(request.socket.localAddress ?? '');
    reply.end('public');
  };
  const port = await listen(context, createHttp(handle), '0.0.0.0');
  await using proxy = await startForwardProxy({ allow: [{ hosts: ['*.test'], ports: [port] }], allowPrivate: ['127.0.0.2'] });
  // 127.0.0.2 plays the public address, 127.0.0.1 the private one.
  proxy.names.set('turning.test', [['127.0.0.2'], ['127.0.0.1']]);
  assert.equal(await statusOf(proxy, `GET http://turning.test:${port}/`), '200');
  assert.deepEqual([hits, proxy.asked], [['127.0.0.2'], ['turning.test']], 'resolved once, connected to what was checked');
  assert.equal(await statusOf(proxy, `GET http://turning.test:${port}/`), '200', 'within the TTL');
  proxy.advance(1_001);
  assert.equal(await statusOf(proxy, `GET http://turning.test:${port}/`), '403 denied-private');
  proxy.names.set('mixed.test', [['127.0.0.1', '127.0.0.2', '10.0.0.1']]);
  assert.equal(await statusOf(proxy, `GET http://mixed.test:${port}/`), '200');
  assert.deepEqual(hits, ['127.0.0.2', '127.0.0.2', '127.0.0.2']);
});

test('our own listeners and admin API cannot be reached, whatever is allowed, and circles are noticed by Via', async () => {
  await using proxy = await startForwardProxy({ allow: [{ hosts: ['*'], ports: ['1-65535'] }], allowPrivate: ['127.0.0.0/8', '::1'] });
  proxy.names.set('me.test', [['127.0.0.1']]);
  // What the program listens on is what its plan says; here, the plane's own listener.
  assert.equal(await statusOf(proxy, `GET http://127.0.0.1:${proxy.plane.port}/`), '508 denied-loop');
  assert.equal(await statusOf(proxy, `CONNECT me.test:${proxy.plane.port}`), '508 denied-loop');
  assert.equal(await statusOf(proxy, 'GET http://127.0.0.1:9900/'), '508 denied-loop');
  proxy.names.set('mapped.test', [['::ffff:127.0.0.1']]);
  assert.equal(await statusOf(proxy, 'GET http://mapped.test:9900/'), '508 denied-loop', 'however its address is written');
  assert.equal(await statusOf(proxy, 'GET http://me.test/', 'Via: 1.1 other, 1.1 sluice-forward (x)'), '508 denied-loop');
  assert.equal(await statusOf(proxy, 'GET http://me.test/', 'Via: 1.1 other', 'Via: 1.1 sluice-forward'), '508 denied-loop');
});

test('users show their password; those who show none, or a wrong one, or are nobody, are all told the same', async (context) => {
  const password = await hashPassword('sesame');
  let seen: unknown = null;
  const { proxy, url, port } = await withOrigin(
    context,
    (request, reply) => {
      seen = request.headers['proxy-authorization'];
      reply.end('in');
    },
    { basic: { users: [{ name: 'anna', password }], realm: 'egress' } },
  );
  const credentials = (pair: string): string => `Proxy-Authorization: Basic ${Buffer.from(pair).toString('base64')}`;
  const strip = (text: string): string => text.replace(/\r\nDate: .*/, '');
  const none = await ask(proxy, head(`GET ${url}/`));
  assert.match(none, /^HTTP\/1\.1 407 [^]*\r\nProxy-Authenticate: Basic realm="egress", charset="UTF-8"\r\n/);
  for (const pair of ['anna:wrong', 'nobody:sesame', 'anna', ':'])
    assert.equal(strip(await ask(proxy, head(`GET ${url}/`, credentials(pair)))), strip(none), pair);
  assert.equal(await statusOf(proxy, 'CONNECT forbidden.test:443'), '407 denied-auth', 'rules are not told to strangers');
  assert.equal(await statusOf(proxy, `GET ${url}/`, credentials('anna:sesame')), '200');
  assert.equal(seen, undefined);
  assert.equal(await statusOf(proxy, `CONNECT a.test:${port}`, credentials('anna:sesame')), '200');
  await eventually(2_000, 'everything is logged', () => proxy.records.filter(({ user }) => user === 'anna').length === 2);
  assert.equal(proxy.records.filter(({ outcome }) => outcome === 'denied-auth').length, 6);
});

test('clients from elsewhere are closed at once, and one source has no more connections than it may', async () => {
  await using other = await startForwardProxy({ allow: ['a.test'], clients: ['10.0.0.0/8'] });
  using stranger = await RawClient.open(other.port);
  await stranger.ended();
  assert.equal(stranger.text, '');
  await using proxy = await startForwardProxy({ allow: ['a.test'], connectionsPerSourceMax: 1 });
  using first = await RawClient.open(proxy.port);
  await first.ask(head('GET http://b.test/'), isWhole);
  using second = await RawClient.open(proxy.port);
  await second.ended();
  first.socket.destroy();
  await eventually(2_000, 'its place is free', () => proxy.listener.size === 0);
  assert.equal(await statusOf(proxy, 'GET http://b.test/'), '403 denied-host');
});

test('who may not come any more has no further request on a connection from before', async (context) => {
  const { proxy, url } = await withOrigin(context, (request, reply) => reply.end(request.url), { clients: ['127.0.0.0/8'] });
  using kept = await RawClient.open(proxy.port);
  assert.match(await kept.ask(head(`GET ${url}/one`), (text) => text.includes('/one')), /^HTTP\/1\.1 200 /);
  await proxy.update({ allow: ['a.test'], clients: ['10.0.0.0/8'] });
  kept.write(head(`GET ${url}/two`));
  await kept.ended();
  assert.doesNotMatch(kept.text, /two/);
});

// ---- the slow, and those who leave

test('a head that comes too slowly is 408, whatever trickles in', async () => {
  await using proxy = await startForwardProxy({ allow: ['a.test'] });
  using client = await RawClient.open(proxy.port);
  for (const piece of ['GET http://a', '.test/ HTTP/1.1\r\n', 'Host: a.test\r\n', 'X: ']) {
    client.write(piece);
    await sleep(20);
    proxy.advance(2_600);
  }
  await client.until('a refusal', (text) => text.startsWith('HTTP/1.1 408 '));
  assert.equal(await client.ended(), 'fin');
});

test('content that trickles is 408, unless it is the origin that takes none', async (context) => {
  const { proxy, url } = await withScript(context, (socket) => void socket.pause().on('error', () => {}));
  using slow = await RawClient.open(proxy.port);
  slow.write(head(`POST ${url}/`, 'Content-Length: 1000000'));
  const row = (): Float64Array => proxy.plane.board.row('listener', 5);
  for (let round = 1; round <= 5; round++) {
    slow.write('x');
    await eventually(2_000, 'the byte has come', () => {
      proxy.advance(1);
      const [connection] = proxy.listener['connections'].all() as unknown as { request: { bytesIn: number } | null }[];
      return connection?.request?.bytesIn === round;
    });
    if (round < 5) proxy.advance(1_000);
  }
  proxy.advance(1_500);
  assert.match(await slow.until('a 408', isWhole), /^HTTP\/1\.1 408 [^]*Sluice-Error: timeout-body/);
  using fast = await RawClient.open(proxy.port);
  fast.write(head(`POST ${url}/`, `Content-Length: ${64 * MIB}`));
  fast.socket.write(Buffer.alloc(64 * MIB));
  await eventually(3_000, 'the origin takes no more', async () => {
    const before = row()[BYTES_IN]!;
    await sleep(50);
    proxy.advance(1_000);
    return row()[BYTES_IN] === before && before > MIB;
  });
  proxy.advance(10_000);
  assert.equal(fast.text, '', 'the grace is long over');
  proxy.advance(30_000);
  assert.match(await fast.until('a 504', isWhole), /^HTTP\/1\.1 504 /);
});

test('an origin that does not answer is 504', async (context) => {
  const { proxy, url } = await withScript(context, () => {}, { timeouts: { response: '20s' } });
  using client = await RawClient.open(proxy.port);
  client.write(head(`GET ${url}/`));
  await eventually(2_000, 'the request is on its way', () => proxy.listener.size === 1 && proxy.asked.length === 1);
  await sleep(50);
  proxy.advance(19_000);
  assert.equal(client.text, '');
  proxy.advance(1_001);
  assert.match(await client.until('a 504', isWhole), /^HTTP\/1\.1 504 [^]*Sluice-Error: timeout-response/);
});

test('a name server that does not answer is 504, and who leaves meanwhile is forgotten', async () => {
  await using proxy = await startForwardProxy({ allow: ['slow.test'], timeouts: { resolve: '2s' } });
  proxy.names.set('slow.test', []);
  using client = await RawClient.open(proxy.port);
  client.write(head('CONNECT slow.test:443'));
  using leaver = await RawClient.open(proxy.port);
  leaver.write(head('GET http://slow.test/'));
  await eventually(2_000, 'the name is asked for', () => proxy.asked.length === 1);
  await eventually(2_000, 'both wait', () => proxy.listener.size === 2 && proxy.plane.board.row('listener', 5)[STARTED] === 2);
  leaver.socket.destroy();
  await eventually(2_000, 'one has left', () => proxy.records.length === 1);
  proxy.advance(2_001);
  assert.match(await client.until('a 504', isWhole), /^HTTP\/1\.1 504 [^]*Sluice-Error: timeout-resolve/);
  assert.deepEqual(
    proxy.records.map(({ outcome }) => outcome),
    ['client-gone', 'timeout-resolve'],
  );
});

test('where one address does not answer, the next one is tried', async (context) => {
  const port = await listen(
    context,
    createHttp((_request, reply) => reply.end('second')),
  );
  await using proxy = await startForwardProxy({
    allow: [{ hosts: ['two.test', 'silent.test'], ports: [port] }],
    allowPrivate: ['127.0.0.0/8', '192.0.2.0/24'],
  });
  proxy.names.set('two.test', [['127.0.0.77', '127.0.0.1']]);
  assert.equal(await statusOf(proxy, `GET http://two.test:${port}/`), '200');
  assert.equal(proxy.records[0]!.endpoint, `127.0.0.1:${port}`);
  assert.equal(await statusOf(proxy, `CONNECT two.test:${port}`), '200');
  // Reserved for documentation: nobody answers there, at once or ever, by how this machine is connected.
  proxy.names.set('silent.test', [['192.0.2.1', '127.0.0.1']]);
  assert.equal(await statusOf(proxy, `GET http://silent.test:${port}/`), '200');
});

test('the way to the proxy may be behind TLS, with a certificate for a password', async (context) => {
  using material = await tlsMaterial();
  const server = await material.leaf('proxy', ['proxy.test']);
  const client = await material.authority.leaf(['anna.test'], { purpose: 'client' });
  const origin = await listen(
    context,
    createHttp((_request, reply) => reply.end('through')),
  );
  await using proxy = await startForwardProxy({
    allow: [{ hosts: ['a.test'], ports: [origin] }],
    ...LOOPBACK,
    tls: { certificates: server.files, clientCertificates: { ca: material.caFile } },
  });
  proxy.names.set('a.test', [['127.0.0.1']]);
  const through = async (more: object): Promise<string> => {
    const session = tlsConnect({ host: '127.0.0.1', port: proxy.port, servername: 'proxy.test', ca: material.authority.certPem, ...more });
    let text = '';
    session.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    session.on('error', () => {});
    session.write(head(`CONNECT a.test:${origin}`));
    session.on('data', () => isWhole(text) && !text.includes('through') && session.write('GET / HTTP/1.0\r\n\r\n'));
    await new Promise((resolve) => session.once('close', resolve));
    return text;
  };
  assert.equal(await within(3_000, 'a refusal', through({})), '');
  assert.match(await within(3_000, 'a reply', through({ cert: client.certPem, key: client.keyPem })), /^HTTP\/1\.1 200 [^]*through$/);
  await eventually(2_000, 'it is logged', () => proxy.records.length === 1);
  assert.match(proxy.records[0]!.user ?? '', /anna\.test/);
});

test('an origin that ends too soon, breaks rules or plays the proxy is 502, or a cut where its reply had begun', async (context) => {
  const replies: string[] = [];
  const { proxy, url } = await withScript(context, (socket) => {
    socket.once('data', () => socket.end(replies.shift() ?? '', 'latin1'));
  });
  const rows: readonly (readonly [string, string])[] = [
    ['', '502 upstream-reset'],
    ['HTTP/1.1 200', '502 upstream-reset'],
    ['SSH-2.0-OpenSSH\r\n', '502 upstream-invalid'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', '502 upstream-invalid'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', '502 upstream-invalid'],
    ['HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n', '502 upstream-invalid'],
    ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n', '502 upstream-invalid'],
    [
      'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n',
      '502 upstream-invalid',
    ],
    ['HTTP/1.1 100 Continue\r\n\r\n'.repeat(40), '502 upstream-invalid'],
  ];
  for (const [reply, expected] of rows) {
    replies.push(reply);
    assert.equal(await statusOf(proxy, `GET ${url}/`), expected, JSON.stringify(reply.slice(0, 60)));
  }
  for (const reply of [
    'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n',
  ]) {
    replies.push(reply);
    using client = await RawClient.open(proxy.port);
    client.write(head(`GET ${url}/`));
    await client.ended();
    assert.doesNotMatch(client.text, /\r\n0\r\n\r\n$/, 'never a clean end');
    assert.equal(proxy.records.at(-1)!.outcome, 'upstream-reset');
  }
  replies.push('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled');
  const text = await ask(proxy, head(`GET ${url}/`), (got) => got.includes('ok'));
  assert.ok(!text.includes('smuggled'));
});

test('a client that leaves takes its origin connection with it', async (context) => {
  const ended: Promise<unknown>[] = [];
  const { proxy, url } = await withScript(context, (socket) => {
    socket.on('error', () => {});
    ended.push(closed(socket.resume()));
  });
  using client = await RawClient.open(proxy.port);
  client.write(head(`POST ${url}/`, 'Content-Length: 100'));
  await eventually(2_000, 'the origin is connected to', () => ended.length === 1);
  client.socket.destroy();
  await within(2_000, 'the origin hears of it', ended[0]!);
  await eventually(2_000, 'it is logged', () => proxy.records.length === 1);
  assert.equal(proxy.records[0]!.outcome, 'client-gone');
  assert.equal(proxy.listener.size, 0);
});

test('rules that change hold for the next request; a tunnel keeps those that let it in', async (context) => {
  const { proxy, url, port } = await withScript(context, (socket) => socket.pipe(socket));
  using open = await tunnel(proxy, `a.test:${port}`);
  using idle = await RawClient.open(proxy.port);
  await proxy.update({ allow: ['b.test'] });
  assert.match(await idle.ask(head(`GET ${url}/`), isWhole), /^HTTP\/1\.1 403 /);
  await open.ask('still here', (text) => text === 'still here');
  proxy.listener.drain();
  await open.ask('and here', (text) => text === 'and here');
  assert.equal(proxy.listener.close(), 1);
  assert.equal(await open.ended(), 'reset');
  assert.equal(proxy.records.at(-1)!.outcome, 'drain');
});
