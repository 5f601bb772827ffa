/**
 * Requests that are sound enough to pass, and what must have become of them when the origin sees them: hop-by-hop fields gone, nothing
 * removed that Connection may not name, identities ours, paths in their one form, framing our own.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Gateway, oneOrigin, startGateway } from '../support/gateway.ts';
import { rawExchange, statuses } from '../support/raw-exchange.ts';
import { type RecordedRequest, type RecordingOrigin, startRecordingOrigin } from '../support/recording-origin.ts';

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

/** Sends the bytes and gives the request as the origin saw it. */
async function forwarded(bytes: string): Promise<RecordedRequest> {
  origin.clear();
  const reply = await rawExchange(gateway.port, bytes, { until: (text) => text.includes('origin saw') });
  assert.equal(statuses(reply.text).at(-1), 200, JSON.stringify(reply.text.slice(0, 300)));
  assert.equal(origin.requests.length, 1);
  return origin.requests[0]!;
}

function get(...lines: readonly string[]): string {
  return `GET /a HTTP/1.1\r\nHost: host.example\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}

function values(request: RecordedRequest, name: string): string[] {
  return request.fields.filter(([each]) => each === name).map(([, value]) => value);
}

for (const nominated of [
  'Host',
  'Content-Length',
  'Authorization',
  'Cookie',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Request-Id',
  'Via',
]) {
  test(`hop-by-hop abuse: Connection cannot nominate ${nominated}`, async () => {
    const request = await forwarded(
      `POST /a HTTP/1.1\r\nHost: host.example\r\nAuthorization: Bearer x\r\nCookie: a=b\r\nContent-Length: 5\r\nConnection: keep-alive, ${nominated}\r\n\r\nhello`,
    );
    assert.equal(values(request, nominated.toLowerCase()).length, 1, `${nominated} must reach the origin:\n${request.head}`);
    assert.equal(request.body, 'hello');
  });
}

test('hop-by-hop abuse: what Connection may nominate is removed, and Connection itself', async () => {
  const request = await forwarded(
    get('Connection: X-Secret, keep-alive', 'X-Secret: 1', 'Keep-Alive: timeout=9', 'Proxy-Connection: keep-alive', 'X-Kept: 1'),
  );
  assert.deepEqual(values(request, 'x-secret'), []);
  assert.deepEqual(values(request, 'keep-alive'), []);
  assert.deepEqual(values(request, 'proxy-connection'), []);
  assert.deepEqual(values(request, 'x-kept'), ['1']);
  assert.ok(!values(request, 'connection').join(',').toLowerCase().includes('x-secret'));
});

test('hop-by-hop abuse: TE other than trailers, Proxy-Authorization and Trailer nominations do not pass', async () => {
  const request = await forwarded(get('TE: gzip;q=1', 'Proxy-Authorization: Basic eDp5'));
  assert.ok(!values(request, 'te').join(',').includes('gzip'));
  assert.deepEqual(values(request, 'proxy-authorization'), []);
});

const identities = [
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
  'X-Forwarded-Server',
  'Forwarded',
  'X-Real-IP',
  'X-Request-Id',
  'X-Original-URL',
  'X-Rewrite-URL',
];
for (const name of identities) {
  for (const spelling of [
    name,
    name.toUpperCase(),
    name.toLowerCase(),
    name.replaceAll('-', '_'),
    name.replaceAll('-', '.'),
    name.replace('-', '_'),
  ]) {
    test(`identity spoofing: ${spelling} from an untrusted client does not reach the origin`, async () => {
      const request = await forwarded(get(`${spelling}: spoofed.example`));
      assert.ok(!request.head.includes('spoofed'), request.head);
    });
  }
}

test('identity spoofing: the origin is told the address, scheme and host that we saw, once each', async () => {
  const request = await forwarded(get('X-Forwarded-For: 6.6.6.6', 'x-forwarded-for: 7.7.7.7'));
  assert.deepEqual(values(request, 'x-forwarded-for'), ['127.0.0.1']);
  assert.deepEqual(values(request, 'x-forwarded-proto'), ['http']);
  assert.deepEqual(values(request, 'x-forwarded-host'), ['host.example']);
});

for (const alias of [
  'Content_Length: 99',
  'Content.Length: 99',
  'Transfer_Encoding: chunked',
  'TRANSFER.ENCODING: chunked',
  'Host_: b',
  'Connection_: close',
]) {
  test(`CL/TE smuggling: ${alias} frames nothing and confuses no origin that reads _ and . as -`, async () => {
    const request = await forwarded(`POST /a HTTP/1.1\r\nHost: host.example\r\n${alias}\r\nContent-Length: 5\r\n\r\nhello`);
    assert.equal(request.body, 'hello');
    assert.ok(!/^(?:content[_.]length|transfer[_.]encoding)/im.test(request.head), request.head);
  });
}

test('CL/TE smuggling: the framing that leaves is written anew, with the chunk extensions and trailers gone from it', async () => {
  origin.clear();
  await forwarded(
    'POST /a HTTP/1.1\r\nHost: host.example\r\ntransfer-ENCODING:  CHUNKED \r\n\r\n5;a=b\r\nhello\r\n0;c=d\r\nX-T: y\r\n\r\n',
  );
  const request = origin.requests[0]!;
  assert.deepEqual(values(request, 'transfer-encoding'), ['chunked']);
  assert.equal(request.body, 'hello');
  assert.ok(!origin.connections.join('').includes('a=b'));
  assert.ok(!request.head.toLowerCase().includes('x-t'), 'trailers are never merged into the header');
});

const pathForms: readonly (readonly [sent: string, seen: string])[] = [
  ['/a/./b', '/a/b'],
  ['/a/../b', '/b'],
  ['/a/%2e%2e/b', '/b'],
  ['/a/%2E/b', '/a/b'],
  ['/%61', '/a'],
  ['/a%7Eb', '/a~b'],
  ['/a%c3%a9', '/a%C3%A9'],
  ['/a/b/..', '/a/'],
  ['/a?x=/../y', '/a?x=/../y'],
  ['http://host.example/a/../b', '/b'],
];
for (const [sent, seen] of pathForms) {
  test(`path normalisation bypass: ${sent} is matched and forwarded as ${seen}`, async () => {
    const request = await forwarded(`GET ${sent} HTTP/1.1\r\nHost: host.example\r\n\r\n`);
    assert.equal(request.requestLine, `GET ${seen} HTTP/1.1`);
  });
}

test('Host: the authority of an absolute target wins over Host, and what is forwarded agrees', async () => {
  const request = await forwarded('GET http://real.example/a HTTP/1.1\r\nHost: other.example\r\n\r\n');
  assert.deepEqual(values(request, 'host'), ['real.example']);
  assert.equal(request.requestLine, 'GET /a HTTP/1.1');
});

test('upgrade smuggling: h2c is not passed on, nor HTTP2-Settings', async () => {
  const request = await forwarded(get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'));
  assert.ok(!/upgrade|http2-settings|h2c/i.test(request.head), request.head);
});

test('upgrade smuggling: Upgrade without Connection: upgrade is dropped', async () => {
  const request = await forwarded(get('Upgrade: websocket'));
  assert.deepEqual(values(request, 'upgrade'), []);
});

test('upgrade smuggling: bytes behind an upgrade request that is declined are not sent as a tunnel', async () => {
  origin.clear();
  const bytes = `${get('Connection: Upgrade', 'Upgrade: websocket')}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`;
  const reply = await rawExchange(gateway.port, bytes, { waitMs: 1000 });
  const seen = origin.requests.map((request) => request.requestLine);
  assert.equal(seen[0], 'GET /a HTTP/1.1');
  if (seen.length > 1) {
    // Read as a pipelined request: then it went through routing like any other, and says so.
    assert.ok(values(origin.requests[1]!, 'x-forwarded-for').length === 1, 'raw bytes reached the origin behind an upgrade');
    assert.equal(statuses(reply.text).length, seen.length);
  }
});

for (const target of ['host.example:80', '127.0.0.1:1', '169.254.169.254:80']) {
  test(`CONNECT is off: ${target} is refused and the origin sees nothing`, async () => {
    origin.clear();
    const reply = await rawExchange(
      gateway.port,
      `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`,
    );
    const [status = 0] = statuses(reply.text);
    assert.ok([400, 405, 501].includes(status), `got ${status}`);
    assert.equal(reply.ending, 'fin', 'what follows CONNECT must not be read as a request');
    assert.deepEqual(origin.requests, []);
  });
}

test('pipelining: nothing after a request with Connection: close is read', async () => {
  origin.clear();
  const bytes = 'GET /one HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
  const reply = await rawExchange(gateway.port, bytes);
  assert.deepEqual(statuses(reply.text), [200]);
  assert.equal(reply.ending, 'fin');
  assert.deepEqual(
    origin.requests.map((request) => request.requestLine),
    ['GET /one HTTP/1.1'],
  );
});

test('pipelining: nothing after an HTTP/1.0 request without keep-alive is read', async () => {
  origin.clear();
  const reply = await rawExchange(gateway.port, 'GET /one HTTP/1.0\r\nHost: a\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.deepEqual(statuses(reply.text), [200]);
  assert.equal(reply.ending, 'fin');
  assert.equal(origin.requests.length, 1);
});

test('pipelining: 50 requests in one write are answered in order', async () => {
  origin.clear();
  const bytes = Array.from({ length: 50 }, (_, index) => `GET /${index} HTTP/1.1\r\nHost: a\r\n\r\n`).join('');
  const reply = await rawExchange(gateway.port, bytes, { until: (text) => text.includes('saw GET /49 '), waitMs: 5000 });
  const order = [...reply.text.matchAll(/saw GET \/(\d+) /g)].map((match) => Number(match[1]));
  assert.deepEqual(
    order,
    Array.from({ length: 50 }, (_, index) => index),
  );
});

test('pipelining: GET, POST with a chunked body and HEAD keep their borders', async () => {
  origin.clear();
  const bytes =
    'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nHEAD /3 HTTP/1.1\r\nHost: a\r\n\r\nPOST /4 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\ndefGET /5 HTTP/1.1\r\nHost: a\r\n\r\n';
  const reply = await rawExchange(gateway.port, bytes, { until: (text) => text.includes('saw GET /5 ') });
  assert.deepEqual(statuses(reply.text), [200, 200, 200, 200, 200]);
  assert.deepEqual(
    origin.requests.map((request) => request.body),
    ['', 'abc', '', 'def', ''],
  );
});

test('any split: a request that arrives byte by byte is the same request', async () => {
  const text = 'POST /a HTTP/1.1\r\nHost: host.example\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n';
  origin.clear();
  const pieces = text.split('').flatMap((byte) => [byte, 1]);
  const reply = await rawExchange(gateway.port, pieces, { until: (seen) => seen.includes('origin saw'), waitMs: 8000 });
  assert.deepEqual(statuses(reply.text), [200]);
  assert.equal(origin.requests[0]?.body, 'hello');
});

test('Expect: 100-continue is answered before the body is sent, and the reply follows', async () => {
  origin.clear();
  const head = 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n';
  const reply = await rawExchange(gateway.port, [head, 300, 'hello'], { until: (text) => text.includes('origin saw') });
  const seen = statuses(reply.text);
  assert.equal(seen.at(-1), 200);
  assert.ok(seen.slice(0, -1).every((status) => status === 100));
});

test('prototype keys: fields named __proto__ and constructor pass as plain fields', async () => {
  const request = await forwarded(get('__proto__: x', 'constructor: y', 'hasOwnProperty: z'));
  assert.deepEqual(values(request, 'constructor'), ['y']);
  assert.deepEqual(values(request, '__proto__'), ['x']);
});

test('HTTP/1.0 without Host is served', async () => {
  origin.clear();
  const reply = await rawExchange(gateway.port, 'GET /a HTTP/1.0\r\n\r\n');
  assert.equal(statuses(reply.text)[0], 200);
  assert.equal(reply.ending, 'fin');
});
