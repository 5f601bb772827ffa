/** The cache in one worker, over real sockets; time is moved by the test. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { CONTROL, MemoryStore } from '../../src/core/caching/memory/memory-store.ts';
import { ask, reply } from '../support/cache-origin.ts';
import { planeTo, type PlaneConfig } from '../support/data-plane.ts';
import { held, stage } from '../support/cache-stage.ts';
import { RawClient } from '../support/raw-client.ts';
import { eventually } from '../support/waiting.ts';

test('what was fetched once is answered from memory, older by the time that passed', async () => {
  await using at = await stage();
  at.origin.on('/a', reply({ 'cache-control': 'max-age=60', 'content-type': 'text/plain' }, 'hello'));
  const miss = await ask(at.plane.port, '/a');
  assert.equal(miss.headers['cache-status'], 'sluice;fwd=uri-miss;fwd-status=200;stored');
  assert.equal(miss.headers['age'], undefined);
  at.plane.advance(5_000);
  const hit = await ask(at.plane.port, '/a');
  assert.deepEqual([hit.status, hit.body, hit.headers['age']], [200, 'hello', '5']);
  assert.equal(hit.headers['cache-status'], 'sluice;hit;ttl=55;detail=memory');
  assert.equal(hit.headers['content-type'], 'text/plain');
  assert.equal(hit.headers['content-length'], '5');
  assert.equal(hit.headers['via'], '1.1 sluice');
  assert.equal(at.origin.count('/a'), 1);
});

test('a hit keeps its Date, says its Age anew each second, and is fetched again when its time is up', async () => {
  await using at = await stage();
  at.origin.on(
    '/a',
    reply({ 'cache-control': 'max-age=3' }, (count) => `copy ${count}`),
  );
  const { headers } = await ask(at.plane.port, '/a');
  for (const age of ['1', '2']) {
    at.plane.advance(1_000);
    const hit = await ask(at.plane.port, '/a');
    assert.deepEqual([hit.headers['age'], hit.headers['date'], hit.body], [age, headers['date'], 'copy 1']);
  }
  at.plane.advance(1_000);
  assert.equal((await ask(at.plane.port, '/a')).body, 'copy 2');
});

test('conditions, ranges and HEAD are answered from a whole reply', async () => {
  await using at = await stage();
  at.origin.on('/a', reply({ 'cache-control': 'max-age=60', etag: '"one"', 'content-type': 'text/plain' }, '0123456789'));
  await ask(at.plane.port, '/a');
  const same = await ask(at.plane.port, '/a', { headers: { 'if-none-match': '"one"' } });
  assert.deepEqual([same.status, same.body, same.headers['etag']], [304, '', '"one"']);
  const other = await ask(at.plane.port, '/a', { headers: { 'if-none-match': '"two"' } });
  assert.deepEqual([other.status, other.body], [200, '0123456789']);
  const part = await ask(at.plane.port, '/a', { headers: { range: 'bytes=2-4' } });
  assert.deepEqual([part.status, part.body, part.headers['content-range']], [206, '234', 'bytes 2-4/10']);
  const none = await ask(at.plane.port, '/a', { headers: { range: 'bytes=10-' } });
  assert.deepEqual([none.status, none.body, none.headers['content-range']], [416, '', 'bytes */10']);
  const head = await ask(at.plane.port, '/a', { method: 'HEAD' });
  assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '10']);
  assert.equal(at.origin.requests.length, 1);
});

test('several ranges come as parts of one reply', async () => {
  await using at = await stage();
  at.origin.on('/a', reply({ 'cache-control': 'max-age=60', 'content-type': 'text/plain' }, 'x'.repeat(500) + 'end'));
  await ask(at.plane.port, '/a');
  const parts = await ask(at.plane.port, '/a', { headers: { range: 'bytes=0-1,-3' } });
  assert.equal(parts.status, 206);
  const [, boundary = ''] = /^multipart\/byteranges; boundary=(\S+)$/.exec(parts.headers['content-type'] ?? '') ?? [];
  assert.equal(Number(parts.headers['content-length']), parts.body.length);
  assert.deepEqual(parts.body.split(`--${boundary}`).length, 4);
  assert.match(parts.body, /Content-Range: bytes 0-1\/503\r\n\r\nxx\r\n/);
  assert.match(parts.body, /Content-Range: bytes 500-502\/503\r\n\r\nend\r\n/);
});

test('many that ask for the same at once are one request to the service', async () => {
  await using at = await stage();
  const waiting = held(at.origin, '/a');
  const asked = Array.from({ length: 100 }, () => ask(at.plane.port, '/a'));
  await at.origin.until('/a', 1);
  waiting[0]!.writeHead(200, { 'cache-control': 'max-age=60' }).write('first ');
  waiting[0]!.end('last');
  const got = await Promise.all(asked);
  assert.deepEqual(new Set(got.map(({ status, body }) => `${status} ${body}`)), new Set(['200 first last']));
  assert.equal(at.origin.count('/a'), 1);
});

test('who comes while a reply is still coming reads along from its beginning', async () => {
  await using at = await stage();
  const waiting = held(at.origin, '/a');
  const first = await RawClient.open(at.plane.port);
  first.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
  await at.origin.until('/a', 1);
  waiting[0]!.writeHead(200, { 'cache-control': 'max-age=60' });
  waiting[0]!.write('one,');
  await first.until('the first piece', (text) => text.includes('one,'));
  const second = await RawClient.open(at.plane.port);
  second.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
  const early = await second.until('the first piece, before the last has come', (text) => text.includes('one,'));
  assert.match(early, /cache-status: sluice;fwd=uri-miss;collapsed/i);
  waiting[0]!.end('two');
  await second.until('the end', (text) => text.endsWith('0\r\n\r\n'));
  assert.equal(at.origin.count('/a'), 1);
  first.socket.destroy();
  second.socket.destroy();
});

test('what may not be kept releases those who waited all at once, each to a request of its own', async () => {
  await using at = await stage();
  const waiting = held(at.origin, '/a');
  const asked = Array.from({ length: 20 }, () => ask(at.plane.port, '/a'));
  await at.origin.until('/a', 1);
  waiting[0]!.writeHead(200, { 'cache-control': 'no-store' }).end('0');
  await at.origin.until('/a', 20); // none of them waits for another one's reply
  waiting.forEach((response, index) => index > 0 && response.writeHead(200, { 'cache-control': 'no-store' }).end(String(index)));
  const bodies = (await Promise.all(asked)).map(({ body }) => body);
  assert.equal(new Set(bodies).size, 20);
  const next = ask(at.plane.port, '/a');
  await at.origin.until('/a', 21);
  waiting[20]!.writeHead(200).end('later');
  assert.equal((await next).headers['cache-status'], 'sluice;fwd=miss;detail=hit-for-miss');
});

test('a client that leaves takes nothing from those who wait, nor from the cache', async () => {
  await using at = await stage();
  const waiting = held(at.origin, '/a');
  const leader = await RawClient.open(at.plane.port);
  leader.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
  await at.origin.until('/a', 1);
  const follower = ask(at.plane.port, '/a', { headers: { host: 'a' } });
  leader.socket.destroy();
  waiting[0]!.writeHead(200, { 'cache-control': 'max-age=60' }).end('kept');
  assert.equal((await follower).body, 'kept');
  assert.equal((await ask(at.plane.port, '/a', { headers: { host: 'a' } })).body, 'kept');
  assert.equal(at.origin.count('/a'), 1);
});

test('one that waits longer than it may fetches by itself', async () => {
  await using at = await stage({ collapse: '2s' });
  const waiting = held(at.origin, '/a');
  const asked = [ask(at.plane.port, '/a'), ask(at.plane.port, '/a')];
  await at.origin.until('/a', 1);
  await eventually(2_000, 'the second one waits', async () => {
    at.plane.advance(500);
    return at.origin.count('/a') === 2;
  });
  for (const response of waiting) response.writeHead(200, { 'cache-control': 'max-age=60' }).end('text');
  for (const { status } of await Promise.all(asked)) assert.equal(status, 200);
});

test('a stale reply is validated; a 304 makes it fresh again, with what the 304 says', async () => {
  await using at = await stage();
  at.origin.on('/a', (request, response) => {
    const isSame = request.headers['if-none-match'] === '"one"';
    response.writeHead(isSame ? 304 : 200, { 'cache-control': 'max-age=10', etag: '"one"', 'x-turn': isSame ? '2' : '1' });
    response.end(isSame ? undefined : 'body');
  });
  await ask(at.plane.port, '/a');
  at.plane.advance(11_000);
  const second = await ask(at.plane.port, '/a');
  assert.deepEqual([second.status, second.body, second.headers['x-turn']], [200, 'body', '2']);
  assert.equal(second.headers['cache-status'], 'sluice;fwd=stale;fwd-status=304;stored');
  const third = await ask(at.plane.port, '/a');
  assert.deepEqual([third.body, third.headers['x-turn'], third.headers['age']], ['body', '2', '0']);
  assert.equal(at.origin.count('/a'), 2);
});

test('a 304 about something else than what is kept is asked again without conditions', async () => {
  await using at = await stage();
  at.origin.on('/a', (request, response, count) => {
    if (request.headers['if-none-match'] !== undefined) response.writeHead(304, { etag: '"other"' }).end();
    else response.writeHead(200, { 'cache-control': 'max-age=1', etag: `"${count}"` }).end(`copy ${count}`);
  });
  await ask(at.plane.port, '/a');
  at.plane.advance(2_000);
  assert.equal((await ask(at.plane.port, '/a')).body, 'copy 3');
});

test('within stale-while-revalidate everybody gets the stale reply at once, and one request asks for a new one', async () => {
  await using at = await stage();
  const waiting = held(at.origin, '/a');
  const first = ask(at.plane.port, '/a');
  await at.origin.until('/a', 1);
  const headers = { 'cache-control': 'max-age=10, stale-while-revalidate=60', etag: '"one"' };
  waiting[0]!.writeHead(200, headers).end('old');
  await first;
  at.plane.advance(11_000);
  const stale = await Promise.all(Array.from({ length: 10 }, () => ask(at.plane.port, '/a')));
  for (const { body, headers: said } of stale) {
    assert.equal(body, 'old');
    assert.equal(said['cache-status'], 'sluice;hit;ttl=-1;detail=stale-while-revalidate');
  }
  await at.origin.until('/a', 2);
  assert.equal(at.origin.requests[1]!.headers['if-none-match'], '"one"');
  waiting[1]!.writeHead(200, { ...headers, etag: '"two"' }).end('new');
  await eventually(2_000, 'the new one is kept', async () => (await ask(at.plane.port, '/a')).body === 'new');
  assert.equal(at.origin.count('/a'), 2);
});

test('stale-if-error stands in for a service that fails, for all that wait, and for no longer than it says', async () => {
  await using at = await stage();
  at.origin.on('/a', (_request, response, count) => {
    if (count === 1) response.writeHead(200, { 'cache-control': 'max-age=10, stale-if-error=60' }).end('old');
    else if (count === 2) response.writeHead(503, { connection: 'close' }).end('down');
    else if (count === 3) response.destroy(); // on a new connection: nobody takes it for one that was closed while it was idle
    else response.writeHead(500).end('down');
  });
  await ask(at.plane.port, '/a');
  at.plane.advance(11_000);
  for (const reason of ['503', 'a connection that ends']) {
    const { status, body, headers } = await ask(at.plane.port, '/a');
    assert.deepEqual([status, body], [200, 'old'], reason);
    assert.match(headers['cache-status'] as string, /^sluice;hit;ttl=-\d+;detail=stale-if-error$/);
  }
  assert.equal(at.origin.count('/a'), 3);
  at.plane.advance(60_000);
  assert.equal((await ask(at.plane.port, '/a')).status, 500);
});

test('must-revalidate is never served stale: the failure is', async () => {
  await using at = await stage({ staleIfError: '1h', staleWhileRevalidate: '1h' });
  at.origin.on('/a', (_request, response, count) => {
    if (count === 1) response.writeHead(200, { 'cache-control': 'max-age=10, must-revalidate' }).end('old');
    else response.destroy();
  });
  await ask(at.plane.port, '/a');
  at.plane.advance(11_000);
  assert.equal((await ask(at.plane.port, '/a')).status, 502);
});

test('a service that cannot be reached is one failure for all that wait for it', async () => {
  await using at = await stage();
  const waiting = held(at.origin, '/a');
  const asked = Array.from({ length: 10 }, () => ask(at.plane.port, '/a'));
  await at.origin.until('/a', 1);
  waiting[0]!.destroy();
  for (const { status } of await Promise.all(asked)) assert.equal(status, 502);
  assert.equal(at.origin.count('/a'), 1);
});

test('a reply that breaks off is cut for everybody who reads it, and not kept', async () => {
  await using at = await stage();
  const waiting = held(at.origin, '/a');
  const asked = [ask(at.plane.port, '/a'), ask(at.plane.port, '/a')];
  await at.origin.until('/a', 1);
  waiting[0]!.writeHead(200, { 'cache-control': 'max-age=60', 'content-length': '100000' });
  waiting[0]!.write('x'.repeat(50_000), () => waiting[0]!.destroy());
  for (const { isCut } of await Promise.all(asked)) assert.ok(isCut);
  const next = ask(at.plane.port, '/a');
  await at.origin.until('/a', 2);
  waiting[1]!.writeHead(200, { 'cache-control': 'max-age=60' }).end('whole');
  assert.equal((await next).body, 'whole');
});

test('a large reply is sent from shared memory, whole and in ranges', async () => {
  await using at = await stage();
  const body = Array.from({ length: 400_000 }, (_, index) => String.fromCharCode(97 + (index % 23))).join('');
  at.origin.on('/a', reply({ 'cache-control': 'max-age=60' }, body));
  assert.ok((await ask(at.plane.port, '/a')).body === body);
  assert.ok((await ask(at.plane.port, '/a')).body === body);
  const part = await ask(at.plane.port, '/a', { headers: { range: 'bytes=100000-300000' } });
  assert.ok(part.body === body.slice(100_000, 300_001));
  assert.equal(at.origin.count('/a'), 1);
});

test('a reply larger than the cache takes is passed on without being kept, whether its length is known or not', async () => {
  await using at = await stage({}, { caches: { default: { objectMax: '64KiB' } } });
  const body = 'y'.repeat(300_000);
  at.origin.on('/known', reply({ 'cache-control': 'max-age=60' }, body));
  at.origin.on('/unknown', (_request, response) => void response.writeHead(200, { 'cache-control': 'max-age=60' }).end(body));
  for (const path of ['/known', '/unknown', '/known', '/unknown'])
    assert.equal((await ask(at.plane.port, path)).body.length, body.length, path);
  assert.deepEqual([at.origin.count('/known'), at.origin.count('/unknown')], [2, 2]);
  const told = at.plane.said.filter((message) => message.type === 'event' && message.what === 'cache: reply not kept');
  assert.equal(told.length, 1);
});

test('several that read a reply when it turns out too large all get the rest of it', async () => {
  await using at = await stage({}, { caches: { default: { objectMax: '64KiB' } } });
  const waiting = held(at.origin, '/a');
  const asked = Array.from({ length: 5 }, () => ask(at.plane.port, '/a'));
  await at.origin.until('/a', 1);
  waiting[0]!.writeHead(200, { 'cache-control': 'max-age=60' });
  for (let piece = 0; piece < 20; piece++) waiting[0]!.write(String.fromCharCode(97 + piece).repeat(20_000));
  waiting[0]!.end();
  const whole = Array.from({ length: 20 }, (_, piece) => String.fromCharCode(97 + piece).repeat(20_000)).join('');
  for (const { body, isCut } of await Promise.all(asked)) assert.ok(!isCut && body === whole);
});

test('a reader that takes nothing holds neither the fetch nor the others', async () => {
  await using at = await stage();
  const body = 'z'.repeat(8_000_000);
  at.origin.on('/a', reply({ 'cache-control': 'max-age=60' }, body));
  const slow = await RawClient.open(at.plane.port);
  slow.socket.pause();
  slow.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
  await at.origin.until('/a', 1);
  assert.equal((await ask(at.plane.port, '/a', { headers: { host: 'a' } })).body.length, body.length);
  slow.socket.resume();
  await slow.until('all of it', (text) => text.length > body.length && text.endsWith('zz'));
  assert.equal(at.origin.count('/a'), 1);
  slow.socket.destroy();
});

test('variants are kept apart by what Vary names, and no more than the plan says', async () => {
  await using at = await stage({ variantsMax: 2 });
  at.origin.on('/a', (request, response, count) => {
    response.writeHead(200, { 'cache-control': 'max-age=60', vary: 'Accept-Language' });
    response.end(`${String(request.headers['accept-language'])} ${count}`);
  });
  const asked = async (language: string): Promise<string> =>
    (await ask(at.plane.port, '/a', { headers: { 'accept-language': language } })).body;
  assert.equal(await asked('de'), 'de 1');
  assert.equal(await asked('fr'), 'fr 2');
  assert.equal(await asked('de'), 'de 1');
  assert.equal(await asked('fr'), 'fr 2');
  assert.equal(await asked('it'), 'it 3'); // a third: those before are forgotten
  assert.equal(await asked('it'), 'it 3');
  assert.equal(await asked('de'), 'de 4');
});

test('a coded reply that names no Vary is given only to those who asked as the first one did', async () => {
  await using at = await stage();
  at.origin.on('/a', (request, response) => {
    const isCoded = request.headers['accept-encoding'] !== undefined;
    response.writeHead(200, { 'cache-control': 'max-age=60', ...(isCoded ? { 'content-encoding': 'gzip' } : {}) });
    response.end(isCoded ? 'coded' : 'plain');
  });
  const coded = { headers: { 'accept-encoding': 'gzip' } };
  assert.equal((await ask(at.plane.port, '/a', coded)).body, 'coded');
  assert.equal((await ask(at.plane.port, '/a')).body, 'plain');
  assert.equal((await ask(at.plane.port, '/a', coded)).body, 'coded');
  assert.equal(at.origin.count('/a'), 2);
});

test('an unsafe request that succeeds makes what is kept under its URL invalid, with all variants', async () => {
  await using at = await stage();
  at.origin.on('/a', (request, response, count) => {
    if (request.method === 'POST') response.writeHead(201, { location: '/b', 'content-length': '0' }).end();
    else if (request.method === 'PUT') response.writeHead(500, { 'content-length': '0' }).end();
    else response.writeHead(200, { 'cache-control': 'max-age=60', vary: 'accept-language' }).end(`a${count}`);
  });
  at.origin.on(
    '/b',
    reply({ 'cache-control': 'max-age=60' }, (count) => `b${count}`),
  );
  const both = async (): Promise<string> => `${(await ask(at.plane.port, '/a')).body} ${(await ask(at.plane.port, '/b')).body}`;
  assert.equal(await both(), 'a1 b1');
  await ask(at.plane.port, '/a', { method: 'PUT', body: 'x' });
  assert.equal(await both(), 'a1 b1');
  assert.equal((await ask(at.plane.port, '/a', { method: 'POST', body: 'x' })).status, 201);
  assert.equal(await both(), 'a4 b2');
});

test('an unsafe request reaches what lies under keyed headers, too', async () => {
  await using at = await stage({ key: { headers: ['x-tenant'] } });
  at.origin.on('/a', (request, response, count) => {
    response.writeHead(request.method === 'GET' ? 200 : 204, { 'cache-control': 'max-age=60' });
    response.end(request.method === 'GET' ? `${String(request.headers['x-tenant'])} ${count}` : undefined);
  });
  const asked = async (tenant: string): Promise<string> => (await ask(at.plane.port, '/a', { headers: { 'x-tenant': tenant } })).body;
  assert.deepEqual([await asked('one'), await asked('two'), await asked('one')], ['one 1', 'two 2', 'one 1']);
  await ask(at.plane.port, '/a', { method: 'DELETE' });
  assert.deepEqual([await asked('one'), await asked('two')], ['one 4', 'two 5']);
});

test('an unsafe request reaches what lies under keyed headers after a 304 has made it fresh again, too', async () => {
  await using at = await stage({ key: { headers: ['x-tenant'] } });
  at.origin.on('/a', (request, response, count) => {
    const isKnown = request.headers['if-none-match'] === '"one"';
    const status = request.method !== 'GET' ? 204 : isKnown ? 304 : 200;
    response.writeHead(status, { 'cache-control': 'max-age=10', etag: '"one"' }).end(status === 200 ? `body ${count}` : undefined);
  });
  const asked = async (): Promise<string> => (await ask(at.plane.port, '/a', { headers: { 'x-tenant': 'one' } })).body;
  assert.equal(await asked(), 'body 1');
  at.plane.advance(11_000);
  assert.equal(await asked(), 'body 1', 'validated');
  await ask(at.plane.port, '/a', { method: 'DELETE' });
  await asked();
  assert.equal(at.origin.count('/a'), 4, 'asked again after the DELETE');
});

test('tags stay here; a HEAD that tells of another length invalidates what is kept', async () => {
  await using at = await stage();
  at.origin.on('/a', (request, response, count) => {
    const length = request.method === 'HEAD' ? 99 : 5;
    const headers = { 'cache-control': 'max-age=10', 'surrogate-key': 'one two', 'cache-tag': 'three', 'content-length': String(length) };
    response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : `copy${count}`);
  });
  for (let turn = 0; turn < 2; turn++) {
    const { headers, body } = await ask(at.plane.port, '/a');
    assert.deepEqual([headers['surrogate-key'], headers['cache-tag'], body], [undefined, undefined, 'copy1']);
  }
  at.plane.advance(11_000);
  await ask(at.plane.port, '/a', { method: 'HEAD' }); // stale: the service answers
  assert.equal(at.origin.requests.at(-1)!.method, 'HEAD');
  assert.equal((await ask(at.plane.port, '/a')).body, 'copy3');
});

test('only-if-cached is never fetched for; no-store of a client goes past the cache', async () => {
  await using at = await stage();
  at.origin.on('/a', reply({ 'cache-control': 'max-age=60' }));
  const only = { headers: { 'cache-control': 'only-if-cached' } };
  assert.equal((await ask(at.plane.port, '/a', only)).status, 504);
  await ask(at.plane.port, '/a', { headers: { 'cache-control': 'no-store' } });
  assert.equal((await ask(at.plane.port, '/a', only)).status, 504);
  await ask(at.plane.port, '/a');
  assert.equal((await ask(at.plane.port, '/a', only)).status, 200);
});

test('HTTP/1.0, pipelined requests and a connection that closes get the same reply', async () => {
  await using at = await stage();
  at.origin.on('/a', reply({ 'cache-control': 'max-age=60' }, 'body'));
  await ask(at.plane.port, '/a', { headers: { host: 'a' } });
  const client = await RawClient.open(at.plane.port);
  client.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3) + 'GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.equal(await client.ended(), 'fin');
  assert.equal(client.text.split('\r\n\r\nbody').length, 5);
  const old = await RawClient.open(at.plane.port);
  old.write('GET /a HTTP/1.0\r\nHost: a\r\n\r\n');
  assert.equal(await old.ended(), 'fin');
  assert.match(old.text, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nbody$/);
  assert.equal(at.origin.count('/a'), 1);
});

test('edits of the route and of other filters hold for hits as for misses', async () => {
  await using at = await stage();
  await at.plane.reload(
    planeTo(at.origin.port, {
      routes: [
        {
          path: '/*',
          to: 'origin',
          rewrite: { responseHeaders: { set: { 'X-Route': 'yes' }, remove: ['X-Secret', 'Via'] } },
          filters: [{ cache: {} }],
        },
      ],
    }),
  );
  at.origin.on('/a', reply({ 'cache-control': 'max-age=60', 'x-secret': 'no', 'x-open': 'yes' }));
  for (let turn = 0; turn < 2; turn++) {
    const { headers } = await ask(at.plane.port, '/a');
    assert.deepEqual([headers['x-route'], headers['x-secret'], headers['via'], headers['x-open']], ['yes', undefined, undefined, 'yes']);
  }
  assert.equal(at.origin.count('/a'), 1);
});

test('what is kept outlives a change of the configuration', async () => {
  await using at = await stage();
  at.origin.on('/a', reply({ 'cache-control': 'max-age=60' }));
  await ask(at.plane.port, '/a');
  await at.plane.reload(planeTo(at.origin.port, { filters: [{ cache: { staleIfError: '1h' } }] as PlaneConfig['filters'] }));
  assert.equal((await ask(at.plane.port, '/a')).headers['cache-status'], 'sluice;hit;ttl=60;detail=memory');
});

test('a reply is the same whichever way it goes: ready as text, or through all that stands before the client', async () => {
  await using at = await stage();
  at.origin.on('/a', reply({ 'cache-control': 'max-age=60', 'content-type': 'text/plain', 'x-gone': '1', etag: '"a"' }, 'body'));
  await at.plane.reload(
    planeTo(at.origin.port, {
      routes: [
        {
          path: '/*',
          to: 'origin',
          rewrite: { responseHeaders: { set: { 'X-Set': 'yes' }, remove: ['X-Gone', 'Age'] } },
          filters: [{ cache: {} }],
        },
      ],
    }),
  );
  const client = await RawClient.open(at.plane.port);
  const linesOf = async (more: string): Promise<string[]> => {
    const text = await client.ask(`GET /a HTTP/1.1\r\nHost: a\r\n${more}\r\n`, (came) => came.endsWith('\r\n\r\nbody'));
    return text.split('\r\n').sort();
  };
  await linesOf('');
  const ready = await linesOf('');
  assert.deepEqual(ready, await linesOf('Range: lines=1-2\r\n')); // no unit of ours: answered whole, but looked at closer
  assert.ok(ready.includes('X-Set: yes') && !ready.some((line) => /^(?:x-gone|age):/i.test(line)));
  client.socket.destroy();
});

test('what was purged softly is served while a new one is fetched, or while none can be had; what was purged hard is gone', async () => {
  await using at = await stage({ staleIfError: '1h' });
  at.origin.on('/a', (_request, response, count) => {
    if (count === 2) response.writeHead(503).end();
    else response.writeHead(200, { 'cache-control': 'max-age=60', 'surrogate-key': 'shelf' }).end(`copy ${count}`);
  });
  await ask(at.plane.port, '/a');
  const control = new MemoryStore(at.plane.memories()['cache default']!, CONTROL);
  control.purgeTag('shelf', true);
  const stale = await ask(at.plane.port, '/a');
  assert.deepEqual([stale.body, at.origin.count('/a')], ['copy 1', 2]);
  assert.equal((await ask(at.plane.port, '/a')).body, 'copy 3');
  assert.equal((await ask(at.plane.port, '/a')).body, 'copy 3');
  control.purgeTag('shelf', false);
  assert.equal((await ask(at.plane.port, '/a')).body, 'copy 4');
});

test('a purge reaches what is being fetched: whoever asks afterwards gets something newer', async () => {
  await using at = await stage();
  const waiting = held(at.origin, '/a');
  const before = ask(at.plane.port, '/a');
  await at.origin.until('/a', 1);
  new MemoryStore(at.plane.memories()['cache default']!, CONTROL).purgeAll(false);
  waiting[0]!.writeHead(200, { 'cache-control': 'max-age=60' }).end('old');
  assert.equal((await before).body, 'old');
  const after = ask(at.plane.port, '/a');
  await at.origin.until('/a', 2);
  waiting[1]!.writeHead(200, { 'cache-control': 'max-age=60' }).end('new');
  assert.equal((await after).body, 'new');
});

test('what may not be kept goes to its client as it comes, at its pace, and ends with it', async () => {
  await using at = await stage();
  const waiting = held(at.origin, '/a');
  const client = await RawClient.open(at.plane.port);
  client.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
  await at.origin.until('/a', 1);
  waiting[0]!.writeHead(200, { 'cache-control': 'no-store', 'content-type': 'text/event-stream' });
  waiting[0]!.write('data: one\n\n');
  await client.until('the first event', (text) => text.includes('data: one'));
  client.socket.pause();
  const piece = 'x'.repeat(100_000);
  let written = 0;
  while (waiting[0]!.write(piece) && written < 500) written++;
  await new Promise((resolve) => setTimeout(resolve, 100)); // nobody tells when nothing happens
  let more = 0;
  while (waiting[0]!.write(piece) && more < 500) more++;
  assert.ok(written + more < 400, `the service is held back: ${written + more} pieces were taken`);
  const closed = once(waiting[0]!, 'close');
  client.socket.destroy();
  await closed;
});

test('a fetch whose client has left is ended when it turns out that nothing of it can be kept', async () => {
  await using at = await stage();
  const waiting = held(at.origin, '/a');
  const client = await RawClient.open(at.plane.port);
  client.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
  await at.origin.until('/a', 1);
  client.socket.destroy();
  await once(client.socket, 'close');
  const closed = once(waiting[0]!, 'close');
  waiting[0]!.writeHead(200, { 'cache-control': 'no-store' }).write('x'.repeat(100_000));
  await closed;
});
