import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type FilterStageWorld, stageFilters } from '../../../test/support/filter-stage.ts';
import { hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { RawClient } from '../../../test/support/raw-client.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-custom-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

/** Writes a module whose default export is this filter. */
function moduleOf(code: string): string {
  const path = join(directory, `filter-${++files}.ts`);
  writeFileSync(
    path,
    `import { defineFilter } from 'sluice';\n${code.includes('export default') ? code : `export default defineFilter(${code});`}\n`,
  );
  return path;
}

function stage(
  t: TestContext,
  code: string,
  more: Parameters<typeof stageFilters>[2] & { readonly custom?: object } = {},
): Promise<FilterStageWorld> {
  const { custom, ...rest } = more;
  return stageFilters(t, [{ custom: { module: moduleOf(code), ...custom } }], rest);
}

const failures = ({ plane }: FilterStageWorld): readonly string[] =>
  plane.said.flatMap((message) => (message.type === 'event' && message.what === 'filter failed' ? [String(message.detail['reason'])] : []));

test('a filter refuses, lets pass with another header, and changes the reply', async (t) => {
  const world = await stage(
    t,
    `async (request, next) => {
      if (request.headers.get('X-Token') !== 'yes') return { status: 403, body: 'no' };
      request.headers.set('x-seen', '1');
      request.headers.delete('x-token');
      const reply = await next();
      reply.headers.set('x-served-by', 'sluice');
      return reply;
    }`,
  );
  const refused = await world.ask('/');
  assert.deepEqual([refused.status, refused.body, refused.headers['content-type']], [403, 'no', 'text/plain; charset=utf-8']);
  assert.equal(world.origin.seen.length, 0);
  const served = await world.ask('/a?b=1', { headers: { 'x-token': 'yes' } });
  assert.deepEqual([served.status, served.body, served.headers['x-served-by']], [200, 'origin', 'sluice']);
  const [seen] = world.origin.seen;
  assert.deepEqual([seen?.url, seen?.headers['x-seen'], seen?.headers['x-token']], ['/a?b=1', '1', undefined]);
});

test('a filter that is no async function and returns nothing, or next(), lets pass', async (t) => {
  for (const code of [
    `(request) => { request.headers.set('x-a', '1'); }`,
    `(request, next) => { request.headers.set('x-a', '1'); return next(); }`,
  ]) {
    const world = await stage(t, code);
    assert.equal((await world.ask('/')).body, 'origin');
    assert.equal(world.origin.seen[0]?.headers['x-a'], '1');
  }
});

test('a filter that looks at the reply without being async is shown it', async (t) => {
  const world = await stage(
    t,
    `(request, next) => { const reply = next(); void reply.then((it) => it.headers.set('x-late', String(it.status))); return reply; }`,
  );
  assert.equal((await world.ask('/')).headers['x-late'], '200');
  const silent = await stage(t, `(request, next) => { void next().then((it) => it.headers.set('x-late', String(it.status))); }`);
  assert.equal((await silent.ask('/')).headers['x-late'], '200');
});

test('path and query that a filter sets are asked for; what the client asked stays in url', async (t) => {
  const world = await stage(
    t,
    `async (request, next) => { await 0; request.path = '/v2' + request.path; request.query = 'u=' + encodeURIComponent(request.url); return next(); }`,
  );
  await world.ask('/users/1?x=2');
  assert.equal(world.origin.seen[0]?.url, `/v2/users/1?u=${encodeURIComponent('http://example.com/users/1?x=2')}`);
});

test('what cannot stand in a message throws where it is written', async (t) => {
  const cases = [
    [`request.headers.set('x-a', 'a\\r\\nx-b: 1')`, /header x-a: the value's character 2 \(U\+000D\)/],
    [`request.headers.set('x a', '1')`, /"x a" is no header name/],
    [`request.headers.set('Content-Length', '1')`, /written by the gateway itself/],
    [`request.headers.set('x-a', '€')`, /U\+20AC/],
    [`request.path = '/../etc'`, /is no path/],
    [`request.path = 'a'`, /is no path/],
    [`request.query = 'a b'`, /is no query/],
    [`return { status: 99 }`, /status is a whole number 200\.\.599, got 99/],
    [`return 'no'`, /returns a reply, an object such as .* got "no"/],
    [`return { status: 200, body: {} }`, /body is a text or a Uint8Array, got an object/],
    [`return { status: 200, headers: { 'transfer-encoding': 'chunked' } }`, /written by the gateway itself/],
  ] as const;
  for (const [code, reason] of cases) {
    for (const kind of ['', 'async ']) {
      const world = await stage(t, `${kind}(request, next) => { ${code}; return next(); }`);
      assert.equal((await world.ask('/')).status, 500, code);
      assert.match(failures(world).join(), reason);
      assert.equal(world.origin.seen.length, 0);
    }
  }
});

test('a throw before and after next() answers 500, is told with the name, and the next request is served', async (t) => {
  const world = await stage(
    t,
    `async (request, next) => {
      if (request.path === '/before') throw new Error('boom before');
      const reply = await next();
      if (request.path === '/after') throw new RangeError('boom after');
      return reply;
    }`,
  );
  assert.equal((await world.ask('/before')).status, 500);
  assert.match(failures(world)[0] ?? '', /filter-\d+\.ts: boom before$/);
  world.plane.advance(60_001);
  assert.equal((await world.ask('/after')).status, 500);
  assert.match(failures(world)[1] ?? '', /RangeError: boom after$/);
  assert.equal((await world.ask('/fine')).body, 'origin');
});

test('next() goes on once', async (t) => {
  const world = await stage(t, `async (request, next) => { const reply = await next(); await next(); return reply; }`);
  assert.equal((await world.ask('/')).status, 500);
  assert.match(failures(world)[0] ?? '', /next\(\) was called twice/);
  assert.equal(world.origin.seen.length, 1);
});

test('a filter that hangs is answered 504, before next() and after it, and hears of it', async (t) => {
  for (const place of ['', 'await next();']) {
    const world = await stage(
      t,
      `async (request, next) => { const signal = request.signal; ${place} await new Promise((resolve) => { globalThis.hung = resolve; signal.onabort = () => { globalThis.aborted = signal.reason.message; }; }); return { status: 200 }; }`,
      {
        custom: { timeout: '2s' },
      },
    );
    const answer = world.ask('/');
    await until(() => 'hung' in globalThis);
    world.plane.advance(2_100);
    assert.equal((await answer).status, 504);
    assert.match(failures(world)[0] ?? '', /has neither answered nor handed on within 2000 ms/);
    assert.match(String(Reflect.get(globalThis, 'aborted')), /it took too long/);
    (Reflect.get(globalThis, 'hung') as () => void)();
    for (const name of ['hung', 'aborted']) Reflect.deleteProperty(globalThis, name);
  }
});

test('the content of a request is read and goes on as it was', async (t) => {
  const world = await stage(
    t,
    `async (request, next) => { const text = await request.text(); request.headers.set('x-length', String(text.length)); return next(); }`,
  );
  await world.ask('/', { method: 'POST', body: 'hello', headers: { expect: '100-continue' } });
  await world.ask('/', { method: 'POST', body: 'x'.repeat(60_000), headers: { 'transfer-encoding': 'chunked' } });
  assert.deepEqual(
    world.origin.seen.map(({ body, headers }) => [body.length, headers['x-length'], headers['expect']]),
    [
      [5, '5', undefined],
      [60_000, '60000', undefined],
    ],
  );
});

test('more content than the limit answers 413, unless the filter takes it upon itself', async (t) => {
  const world = await stage(
    t,
    `async (request, next) => {
      if (request.path === '/large') await request.bytes(500_000);
      else if (request.path === '/caught') await request.text(10).catch((error) => request.headers.set('x-why', error.name));
      else await request.text(10);
      return next();
    }`,
  );
  assert.equal((await world.ask('/', { method: 'POST', body: 'x'.repeat(20_000) })).status, 413);
  assert.deepEqual(failures(world), []);
  assert.equal((await world.ask('/caught', { method: 'POST', body: 'x'.repeat(200_000) })).status, 200);
  assert.equal((await world.ask('/large', { method: 'POST', body: 'x'.repeat(400_000) })).status, 200);
  assert.deepEqual(
    world.origin.seen.map(({ body, headers }) => [body.length, headers['x-why']]),
    [
      [200_000, 'ContentTooLarge'],
      [400_000, undefined],
    ],
  );
});

test('a reply is read, decoded, and sent on as it came; or replaced', async (t) => {
  const packed = gzipSync('hello '.repeat(1000));
  const world = await stage(
    t,
    `async (request, next) => {
      const reply = await next();
      const text = await reply.text();
      reply.headers.set('x-length', String(text.length));
      if (request.path === '/new') { reply.body = text.toUpperCase().slice(0, 5); reply.status = 201; }
      return reply;
    }`,
    { answer: (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip', etag: '"a"' }).end(packed) },
  );
  const kept = await world.ask('/');
  assert.deepEqual([kept.headers['x-length'], kept.headers['content-encoding'], kept.bytes.equals(packed)], ['6000', 'gzip', true]);
  const replaced = await world.ask('/new');
  assert.deepEqual(
    [replaced.status, replaced.body, replaced.headers['content-encoding'], replaced.headers['content-length'], replaced.headers['etag']],
    [201, 'HELLO', undefined, '5', undefined],
  );
  const head = await world.ask('/new', { method: 'HEAD' });
  assert.deepEqual([head.status, head.body], [201, '']);
});

test('a reply larger than the limit can still be passed on', async (t) => {
  const large = 'x'.repeat(3_000_000);
  const world = await stage(
    t,
    `async (request, next) => { const reply = await next(); await reply.text().catch((error) => reply.headers.set('x-why', error.name)); return reply; }`,
    {
      answer: ({ url }, response) => {
        if (url === '/chunked') for (let at = 0; at < 30; at++) response.write(large.slice(0, 100_000));
        response.end(url === '/chunked' ? '' : large);
      },
    },
  );
  for (const path of ['/', '/chunked']) {
    const answer = await world.ask(path);
    assert.deepEqual([answer.body.length, answer.headers['x-why']], [3_000_000, 'ContentTooLarge']);
  }
});

test('a large reply streams through a slow filter to a slow client, whole and held back at the origin', async (t) => {
  const size = 64 * 1024 * 1024;
  let sent = 0;
  const world = await stage(
    t,
    `async (request, next) => { const reply = await next(); await new Promise((resolve) => setTimeout(resolve, 20)); return reply; }`,
    {
      answer: (_, response) => {
        response.writeHead(200, { 'content-length': String(size) });
        const piece = Buffer.alloc(65_536, 120);
        const more = (): void => {
          while (sent < size) {
            sent += piece.length;
            if (!response.write(piece)) return void response.once('drain', more);
          }
          response.end();
        };
        more();
      },
    },
  );
  using client = await RawClient.open(world.plane.port);
  client.socket.pause();
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(sent < size / 2, `the origin was held back at ${sent} bytes`);
  let received = 0;
  client.socket.removeAllListeners('data');
  client.socket.on('data', (chunk: Buffer) => (received += chunk.length));
  client.socket.resume();
  await until(() => received > size, 20_000);
});

test('replies of our own are shown, too, and can be changed', async (t) => {
  const world = await stage(
    t,
    `async (request, next) => {
      const reply = await next();
      reply.headers.set('x-status', String(reply.status));
      if (request.path === '/page') { reply.body = '<h1>' + (await reply.text()).trim() + '</h1>'; reply.headers.set('content-type', 'text/html'); }
      return reply;
    }`,
    { services: { origin: { endpoints: ['127.0.0.1:1'], outlier: false, retry: false } } },
  );
  const plain = await world.ask('/');
  assert.deepEqual([plain.status, plain.headers['x-status'], plain.body], [502, '502', '502 Bad Gateway\n']);
  const page = await world.ask('/page');
  assert.deepEqual([page.status, page.headers['content-type'], page.body], [502, 'text/html', '<h1>502 Bad Gateway</h1>']);
});

test('an answer in place of the reply, large ones too', async (t) => {
  const world = await stage(
    t,
    `async (request, next) => { const reply = await next(); return { status: 418, headers: { 'x-was': String(reply.status) }, body: new Uint8Array(300_000).fill(97) }; }`,
  );
  const answer = await world.ask('/');
  assert.deepEqual([answer.status, answer.headers['x-was'], answer.body.length], [418, '200', 300_000]);
  const again = await world.ask('/');
  assert.equal(again.status, 418);
});

test('an origin that fails in the middle of what is held is a 502', async (t) => {
  const world = await stage(
    t,
    `async (request, next) => { const reply = await next(); await reply.text().catch((error) => reply.headers.set('x-why', error.message)); return reply; }`,
    {
      answer: (_, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half');
        setTimeout(() => response.destroy(), 20);
      },
    },
  );
  const answer = await world.ask('/');
  assert.deepEqual([answer.status, answer.headers['x-why']], [502, 'the service failed in the middle of its reply: upstream-reset']);
});

test('a client that leaves ends the wait: the filter hears of it, and nothing is left', async (t) => {
  const world = await stage(
    t,
    `async (request, next) => { try { return await next(); } catch (error) { globalThis.left = error.message; throw error; } }`,
    { answer: () => {} },
  );
  using client = await RawClient.open(world.plane.port);
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => world.origin.seen.length === 1);
  client.socket.destroy();
  await until(() => 'left' in globalThis);
  assert.match(String(Reflect.get(globalThis, 'left')), /the client has gone/);
  Reflect.deleteProperty(globalThis, 'left');
  assert.deepEqual(failures(world), []);
});

test('what the head says is there after next(), and while the filter waits', async (t) => {
  const world = await stage(
    t,
    `async (request, next) => { await new Promise((resolve) => setImmediate(resolve)); const before = request.headers.get('x-a'); const reply = await next(); reply.headers.set('x-both', before + request.headers.get('x-a') + request.method + request.host + request.client.address); return reply; }`,
  );
  assert.equal((await world.ask('/', { headers: { 'x-a': '7' } })).headers['x-both'], '77GETexample.com127.0.0.1');
});

test('over HTTP/2: content is read and goes on, replies are held, changed and streamed, a reset ends the wait', async (t) => {
  const world = await stage(
    t,
    `async (request, next) => {
      const text = await request.text(300_000);
      request.headers.set('x-length', String(text.length));
      const reply = await next();
      reply.headers.set('x-status', String(reply.status));
      if (request.path === '/new') reply.body = (await reply.text(3_000_000)).slice(0, 4);
      return reply;
    }`,
    { answer: ({ url }, response) => void (url === '/never' || response.end('y'.repeat(2_000_000))) },
  );
  const session = connect(`http://127.0.0.1:${world.plane.port}`);
  t.after(() => session.destroy());
  for (const [path, length, sent] of [
    ['/', 2_000_000, 5],
    ['/new', 4, 200_000],
  ] as const) {
    const stream = session.request({ ':path': path, ':method': 'POST' });
    stream.end('x'.repeat(sent));
    const [headers] = (await once(stream, 'response')) as [Record<string, string>];
    let received = 0;
    for await (const chunk of stream) received += (chunk as Buffer).length;
    assert.deepEqual([headers['x-status'], received], ['200', length]);
    assert.equal(world.origin.seen.at(-1)?.headers['x-length'], String(sent));
  }
  const stream = session.request({ ':path': '/never' });
  stream.on('error', () => {});
  await until(() => world.origin.seen.length === 3);
  stream.close(8);
  await once(stream, 'close');
  assert.deepEqual(failures(world), []);
});

test('an upgrade passes; the filter hears that there is no reply for it to change', async (t) => {
  await using origin = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\nhello');
  });
  const services = { origin: { endpoints: [`127.0.0.1:${origin.port}`], outlier: false as const, retry: false as const } };
  const world = await stage(
    t,
    `async (request, next) => { try { return await next(); } catch (error) { globalThis.upgraded = error.name; throw error; } }`,
    { services },
  );
  using client = await RawClient.open(world.plane.port);
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n');
  assert.match(await client.until('the tunnel', (text) => text.endsWith('hello')), /^HTTP\/1\.1 101/);
  await until(() => 'upgraded' in globalThis);
  assert.equal(Reflect.get(globalThis, 'upgraded'), 'RequestOver');
  Reflect.deleteProperty(globalThis, 'upgraded');
  assert.deepEqual(failures(world), []);
});

test('two filters run in their order, each with its options', async (t) => {
  const path = moduleOf(
    `export default defineFilter(async (request, next, { name }) => { request.headers.append('x-way', name); const reply = await next(); reply.headers.append('x-back', name); return reply; });`,
  );
  const world = await stageFilters(t, [
    { custom: { module: path, options: { name: 'a' } } },
    { custom: { module: path, options: { name: 'b' } } },
  ]);
  const answer = await world.ask('/');
  assert.equal(world.origin.seen[0]?.headers['x-way'], 'a, b');
  assert.equal(answer.headers['x-back'], 'b, a');
});

test('a filter is imported once per version, and anew when its text or what it imports has changed', async (t) => {
  const helper = join(directory, 'helper.ts');
  const path = moduleOf(
    `import { name } from './helper.ts'; globalThis.imports = (globalThis.imports ?? 0) + 1; export default () => ({ status: 200, body: name });`,
  );
  writeFileSync(helper, `export const name: string = 'first';`);
  const filters = [{ custom: { module: path } }, { custom: { module: path } }];
  const world = await stageFilters(t, filters);
  assert.equal((await world.ask('/')).body, 'first');
  const imports = (): unknown => Reflect.get(globalThis, 'imports');
  assert.equal(imports(), 2, 'by the configuration and by the worker');
  const config = (name: string): Parameters<typeof world.plane.reload>[0] => ({
    services: { origin: { endpoints: ['127.0.0.1:1'] } },
    routes: [{ path: '/*', name, to: 'origin', filters }],
  });
  await world.plane.reload(config('again'));
  assert.equal((await world.ask('/')).body, 'first');
  assert.equal(imports(), 3, 'by the configuration alone');
  writeFileSync(helper, `export const name: string = 'second';`);
  await world.plane.reload(config('changed'));
  assert.equal((await world.ask('/')).body, 'second');
  assert.equal(imports(), 5);
});

test('a module that is not there, throws, or exports no function is a fault with its place', async (t) => {
  const throws = moduleOf(`throw new Error('at the top'); export default 1;`);
  const other = moduleOf(`export const guard = () => undefined; export default 1;`);
  const cases = [
    [{ module: join(directory, 'none.ts') }, /custom\.module .*none\.ts.* does not exist; check the path/],
    [{ module: throws }, /cannot be loaded: at the top/],
    [{ module: other }, /has no function as its default export; functions that it exports: guard/],
    [{ module: other, export: 'gaurd' }, /has no function called \\"gaurd\\"; did you mean export: 'guard'\?/],
    [{ module: other, export: 'guard' }, null],
    [{}, /must have one of module and function, but has none/],
  ] as const;
  for (const [custom, message] of cases) {
    const started = stageFilters(t, [{ custom }]);
    if (message === null) await started;
    else await assert.rejects(started, ({ message: text }: Error) => message.test(text.replaceAll('\\\\', '\\')) || assert.fail(text));
  }
});

async function until(holds: () => boolean, withinMs = 3_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!holds()) {
    if (Date.now() > end) assert.fail('it did not come');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
