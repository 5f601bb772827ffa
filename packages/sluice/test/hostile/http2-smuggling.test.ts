/** Requests that change their meaning between the versions of HTTP: HTTP/2 clients before an HTTP/1.1 origin, and HTTP/1.1 clients before an HTTP/2 one. */
import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type Gateway, type GatewayConfig, oneOrigin, startGateway } from '../support/gateway.ts';
import { Http2Wire } from '../support/http2-wire.ts';
import { rawExchange, statuses } from '../support/raw-exchange.ts';
import { type RecordedRequest, type RecordingOrigin, startRecordingOrigin } from '../support/recording-origin.ts';
import { hostileHttp2Requests } from './http2-request-corpus.ts';
import { hostileRequests } from './request-corpus.ts';

const REQUEST_LINE = /^[A-Z]+ \/[!-~]* HTTP\/1\.1$/;
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/** What no request may have that we write. */
function assertSound(request: RecordedRequest): void {
  const shown = JSON.stringify(request.head);
  assert.match(request.requestLine, REQUEST_LINE, shown);
  const counts = new Map<string, number>();
  for (const [name, value] of request.fields) {
    assert.match(name, FIELD_NAME, shown);
    // oxlint-disable-next-line no-control-regex -- that is what is looked for
    assert.doesNotMatch(value, /[\0-\x08\x0a-\x1f\x7f]/, shown);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  assert.equal(counts.get('host'), 1, shown);
  assert.ok((counts.get('content-length') ?? 0) + (counts.get('transfer-encoding') ?? 0) <= 1, shown);
  assert.ok((counts.get('cookie') ?? 0) <= 1, shown);
  for (const name of ['upgrade', 'keep-alive', 'proxy-connection', 'http2-settings']) assert.equal(counts.get(name), undefined, shown);
}

describe('HTTP/2 to HTTP/1.1', () => {
  let origin: RecordingOrigin;
  let gateway: Gateway;

  before(async () => {
    origin = await startRecordingOrigin();
    gateway = await startGateway(oneOrigin(origin.port));
  });

  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await origin?.[Symbol.asyncDispose]();
  });

  for (const { attack, name, frames, outcome } of hostileHttp2Requests) {
    test(`${attack}: ${name} is ${outcome}`, async () => {
      origin.clear();
      using wire = await Http2Wire.open(gateway.port);
      wire.send(...frames);
      const line = await wire.until('an answer', (lines) => lines.some((each) => /^(HEADERS|RST_STREAM) 1 /.test(each)));
      const answer = line.find((each) => /^(HEADERS|RST_STREAM) 1 /.test(each))!;
      if (outcome === 'reset') assert.match(answer, /^RST_STREAM 1 (PROTOCOL_ERROR|STREAM_CLOSED)/);
      else assert.match(answer, new RegExp(`^HEADERS 1 .*:status=${outcome === 'passed' ? 200 : outcome}`));
      for (const request of origin.requests) {
        assertSound(request);
        assert.ok(!request.requestLine.includes('smuggled'), request.requestLine);
      }
      assert.equal(origin.requests.length, outcome === 'passed' ? 1 : 0, 'what is refused never becomes a whole request');
      const heads = origin.connections.join('').split(/\r\n\r\n/)[0]!;
      assert.ok(!heads.includes('smuggled'), heads);
    });
  }
});

describe('HTTP/1.1 to HTTP/2', () => {
  const seen: { readonly fields: IncomingHttpHeaders; isWhole: boolean }[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  let gateway: Gateway;

  before(async () => {
    server.on('session', (session) => sessions.add(session));
    server.on('stream', (stream: ServerHttp2Stream, fields) => {
      const request = { fields, isWhole: false };
      seen.push(request);
      stream.on('error', () => {});
      stream.on('end', () => (request.isWhole = true));
      stream.resume();
      stream.respond({ ':status': 200 });
      stream.end('ok');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = oneOrigin((server.address() as AddressInfo).port);
    const config: GatewayConfig = { ...base, services: { origin: { ...base.services!['origin']!, protocol: 'http2' } } };
    gateway = await startGateway(config);
  });

  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    for (const session of sessions) session.destroy();
    server.close();
  });

  for (const { attack, name, bytes, status } of hostileRequests) {
    test(`${attack}: ${name} is ${status}`, async () => {
      seen.length = 0;
      const reply = await rawExchange(gateway.port, bytes);
      // An answer of the origin's may be quicker than the rest of a request that turns out to be none.
      assert.ok(statuses(reply.text).every((each) => each === status || each === 200) && statuses(reply.text).length > 0, reply.text);
      assert.deepEqual(
        seen.filter(({ isWhole }) => isWhole),
        [],
      );
      for (const { fields } of seen) assert.ok(!JSON.stringify(fields).includes('smuggled'));
    });
  }

  test('pseudo-headers and connection fields cannot be named by a client', async () => {
    for (const lines of [':path: /smuggled', ':authority: b', ':protocol: websocket', ': x']) {
      seen.length = 0;
      const reply = await rawExchange(gateway.port, `GET /reached HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n`);
      assert.deepEqual(statuses(reply.text), [400], lines);
      assert.deepEqual(seen, []);
    }
    seen.length = 0;
    const fields =
      'Connection: x-hop, te\r\nX-Hop: 1\r\nTE: gzip\r\nKeep-Alive: 5\r\nProxy-Connection: close\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nUpgrade: h2c\r\n';
    const reply = await rawExchange(gateway.port, `GET http://a/reached?x=:y HTTP/1.1\r\nHost: a\r\n${fields}\r\n`, {
      until: (text) => text.includes('ok'),
    });
    assert.deepEqual(statuses(reply.text), [200]);
    const [request] = seen;
    assert.equal(request!.fields[':path'], '/reached?x=:y');
    assert.equal(request!.fields[':authority'], 'a');
    const names = Object.keys(request!.fields);
    for (const name of ['x-hop', 'te', 'keep-alive', 'proxy-connection', 'http2-settings', 'upgrade', 'connection', 'host'])
      assert.ok(!names.includes(name), name);
  });
});
