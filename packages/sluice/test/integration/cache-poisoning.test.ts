/**
 * What one client sends must not choose what another one gets: attacks on shared caches (Kettle, "Practical Web Cache Poisoning" and "Web Cache Entanglement"; Nguyen et al., "Your Cache Has
 * Fallen"; Gil, "Web Cache Deception"), each with the origin that would fall for it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, type AskOptions, type CacheOrigin, reply, startCacheOrigin } from '../support/cache-origin.ts';
import { planeTo, type PlaneConfig, startPlane, type TestPlane } from '../support/data-plane.ts';
import { RawClient } from '../support/raw-client.ts';

const FRESH = { 'cache-control': 'max-age=60' };

async function withCache(
  cache: Readonly<Record<string, unknown>>,
  run: (at: {
    readonly origin: CacheOrigin;
    readonly plane: TestPlane;
    asked(path: string, options?: AskOptions): Promise<string>;
  }) => Promise<void>,
  more: Partial<PlaneConfig> = {},
): Promise<void> {
  await using origin = await startCacheOrigin();
  await using plane = await startPlane(planeTo(origin.port, { filters: [{ cache }] as PlaneConfig['filters'], ...more }));
  await run({ origin, plane, asked: async (path, options = {}) => (await ask(plane.port, path, options)).body });
}

/** An origin that puts what the request says of these fields into its reply. */
function reflecting(origin: CacheOrigin, path: string, names: readonly string[]): void {
  origin.on(path, (request, response) => {
    const said = names.map((name) => `${name}=${String(request.headers[name] ?? '-')}`).join(' ');
    response.writeHead(200, FRESH).end(said);
  });
}

test('headers that are in no key do not reach the service when something is fetched to be kept', async () => {
  const names = [
    'x-forwarded-scheme',
    'x-original-url',
    'x-rewrite-url',
    'x-forwarded-prefix',
    'x-host',
    'x-http-method-override',
    'user-agent',
    'x-evil',
    'origin',
  ];
  await withCache({}, async ({ origin, asked }) => {
    reflecting(origin, '/a', names);
    const evil = Object.fromEntries(names.map((name) => [name, 'evil']));
    const clean = names.map((name) => `${name}=-`).join(' ');
    assert.equal(await asked('/a', { headers: evil }), clean);
    assert.equal(await asked('/a'), clean);
  });
});

test('what a client claims of itself as a proxy would is not believed, and what we say of it stays', async () => {
  await withCache({}, async ({ origin, asked }) => {
    reflecting(origin, '/a', ['x-forwarded-host', 'x-forwarded-proto', 'forwarded']);
    const headers = {
      host: 'site.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example',
    };
    assert.equal(await asked('/a', { headers }), 'x-forwarded-host=site.example x-forwarded-proto=http forwarded=-');
  });
});

test('a trusted proxy that names another host gets replies of its own', async () => {
  const listener = { forwarding: { trustedProxies: ['127.0.0.1'] } };
  await withCache(
    {},
    async ({ origin, asked }) => {
      reflecting(origin, '/a', ['x-forwarded-host']);
      assert.equal(await asked('/a', { headers: { host: 'a', 'x-forwarded-host': 'one.example' } }), 'x-forwarded-host=one.example');
      assert.equal(await asked('/a', { headers: { host: 'a', 'x-forwarded-host': 'two.example' } }), 'x-forwarded-host=two.example');
      assert.equal(await asked('/a', { headers: { host: 'a' } }), 'x-forwarded-host=a');
    },
    { listener },
  );
});

test('a port in Host is another key: origins build redirects from it', async () => {
  await withCache({}, async ({ origin, asked }) => {
    reflecting(origin, '/a', ['host']);
    assert.equal(await asked('/a', { headers: { host: 'site.example:1337' } }), 'host=site.example:1337');
    assert.equal(await asked('/a', { headers: { host: 'site.example' } }), 'host=site.example');
    assert.equal(await asked('/a', { headers: { host: 'SITE.example:80' } }), 'host=site.example');
  });
});

test('a GET with content ("fat GET") goes past the cache', async () => {
  await withCache({}, async ({ origin, plane, asked }) => {
    origin.on('/a', (request, response) => {
      const length = request.headers['content-length'] ?? '0';
      response.writeHead(200, FRESH).end(`content of ${length}`);
    });
    const fat = await ask(plane.port, '/a', { headers: { 'content-length': '4' }, body: 'evil' });
    assert.equal(fat.headers['cache-status'], 'sluice;fwd=bypass');
    assert.equal(await asked('/a'), 'content of 0');
    assert.equal((await ask(plane.port, '/a', { headers: { 'content-length': '4' }, body: 'evil' })).body, 'content of 4');
  });
});

test('a parameter with a semicolon in it is never left out of the key (parameter cloaking)', async () => {
  await withCache({ key: { query: { except: ['utm_*'] } } }, async ({ origin, asked }) => {
    origin.on('/a', (request, response) => void response.writeHead(200, FRESH).end(request.url));
    assert.equal(await asked('/a?page=1&utm_source=x'), '/a?page=1&utm_source=x');
    assert.equal(await asked('/a?page=1&utm_source=y'), '/a?page=1&utm_source=x'); // the same: it is in no key
    assert.equal(await asked('/a?page=1&utm_source=x;page=evil'), '/a?page=1&utm_source=x;page=evil');
    assert.equal(await asked('/a?page=1'), '/a?page=1&utm_source=x');
    assert.equal(await asked('/a?page=1&utm%5fsource=z'), '/a?page=1&utm_source=x');
  });
});

test('the key is the path that the service sees: no spelling of it is another resource, and no other resource is it', async () => {
  await withCache({}, async ({ origin, plane, asked }) => {
    for (const path of ['/account', '/account/style.css', '/static/logo.css']) {
      origin.on(path, reply(path.startsWith('/account') ? { 'cache-control': 'private' } : FRESH, path));
    }
    // Web cache deception: nothing is kept for what its path looks like.
    assert.equal(await asked('/account/style.css'), '/account/style.css');
    assert.equal((await ask(plane.port, '/account/style.css')).headers['cache-status'], 'sluice;fwd=miss;detail=hit-for-miss');
    // Dot segments, also encoded ones, are resolved before the key is made.
    const client = await RawClient.open(plane.port);
    client.write('GET /static/../account HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until('the account', (text) => text.endsWith('/account'));
    client.socket.destroy();
    assert.equal(origin.requests.at(-1)!.url, '/account');
    assert.equal(await asked('/static/logo.css'), '/static/logo.css');
    assert.equal(await asked('/static/%6cogo.css'), '/static/logo.css');
    assert.equal(origin.count('/static/logo.css'), 1);
  });
});

test('an origin that refuses what one client sent (oversized headers, bad syntax) is not heard by the next', async () => {
  for (const status of [400, 403, 404, 405, 413, 414, 429, 431, 500, 501, 503]) {
    await withCache({ unkeyedHeaders: 'forward' }, async ({ origin, plane }) => {
      origin.on('/a', (request, response) => {
        const isEvil = request.headers['x-oversized'] !== undefined;
        response.writeHead(isEvil ? status : 200, isEvil ? {} : FRESH).end('text');
      });
      await ask(plane.port, '/a', { headers: { 'x-oversized': 'x'.repeat(1_000) } });
      assert.equal((await ask(plane.port, '/a')).status, 200, String(status));
    });
  }
});

test('a part is never kept as the whole, whoever sends it', async () => {
  await withCache({}, async ({ origin, plane, asked }) => {
    origin.on('/a', (request, response, count) => {
      const isPart = request.headers.range !== undefined || count === 2;
      response.writeHead(isPart ? 206 : 200, { ...FRESH, ...(isPart ? { 'content-range': 'bytes 0-0/5' } : {}) });
      response.end(isPart ? 'w' : 'whole');
    });
    assert.equal((await ask(plane.port, '/a', { headers: { range: 'bytes=0-0' } })).body, 'w');
    assert.equal(await asked('/a'), 'w'); // unasked
    assert.equal(await asked('/a'), 'whole');
  });
});

test('requests with cookies go past the cache; stripped of them they share what is kept; keyed ones are told apart', async () => {
  const cookie = (value: string): AskOptions => ({ headers: { cookie: value } });
  await withCache({}, async ({ origin, plane, asked }) => {
    reflecting(origin, '/a', ['cookie']);
    assert.equal((await ask(plane.port, '/a', cookie('session=1'))).headers['cache-status'], 'sluice;fwd=bypass');
    assert.equal(await asked('/a'), 'cookie=-');
    assert.equal(await asked('/a', cookie('session=2')), 'cookie=session=2');
  });
  await withCache({ cookies: 'strip', key: { cookies: ['theme'] } }, async ({ origin, asked }) => {
    reflecting(origin, '/a', ['cookie']);
    assert.equal(await asked('/a', cookie('session=1; theme=dark')), 'cookie=theme=dark');
    assert.equal(await asked('/a', cookie('theme=dark; session=2')), 'cookie=theme=dark');
    assert.equal(await asked('/a', cookie('theme=light')), 'cookie=theme=light');
    assert.equal(origin.count('/a'), 2);
  });
});

test('a reply that sets a cookie, or is for one who showed who they are, is not kept', async () => {
  await withCache({}, async ({ origin, asked }) => {
    origin.on(
      '/cookie',
      reply({ ...FRESH, 'set-cookie': 'session=1' }, (count) => `copy ${count}`),
    );
    assert.deepEqual([await asked('/cookie'), await asked('/cookie')], ['copy 1', 'copy 2']);
    origin.on('/user', (request, response, count) => {
      response.writeHead(200, FRESH).end(`${String(request.headers.authorization ?? 'nobody')} ${count}`);
    });
    const user = { headers: { authorization: 'Bearer one' } };
    assert.equal(await asked('/user', user), 'Bearer one 1');
    assert.equal(await asked('/user'), 'nobody 2'); // and nobody is kept from being cached by it
    assert.equal(await asked('/user'), 'nobody 2');
    origin.on(
      '/public',
      (_request, response, count) => void response.writeHead(200, { 'cache-control': 'public, max-age=60' }).end(`copy ${count}`),
    );
    assert.deepEqual([await asked('/public', user), await asked('/public')], ['copy 1', 'copy 1']);
  });
  await withCache({ setCookie: 'strip' }, async ({ origin, plane }) => {
    origin.on('/cookie', reply({ ...FRESH, 'set-cookie': 'session=1' }));
    await ask(plane.port, '/cookie');
    assert.equal((await ask(plane.port, '/cookie')).headers['set-cookie'], undefined);
    assert.equal(origin.count('/cookie'), 1);
  });
});

test('two services behind one URL, told apart by a header, share nothing', async () => {
  await using one = await startCacheOrigin();
  await using two = await startCacheOrigin();
  one.on('/a', reply(FRESH, 'one'));
  two.on('/a', reply(FRESH, 'two'));
  const plain = { outlier: false, retry: false } as const;
  await using plane = await startPlane({
    services: { one: { endpoints: [`127.0.0.1:${one.port}`], ...plain }, two: { endpoints: [`127.0.0.1:${two.port}`], ...plain } },
    routes: [
      { path: '/*', headers: { 'x-beta': '1' }, to: 'two' },
      { path: '/*', to: 'one' },
    ],
    filters: [{ cache: {} }],
  });
  for (let turn = 0; turn < 2; turn++) {
    assert.equal((await ask(plane.port, '/a')).body, 'one');
    assert.equal((await ask(plane.port, '/a', { headers: { 'x-beta': '1' } })).body, 'two');
  }
  assert.deepEqual([one.count('/a'), two.count('/a')], [1, 1]);
});

test('a header that a reply varies by is passed on once that is known', async () => {
  await withCache({}, async ({ origin, asked }) => {
    origin.on('/a', (request, response) => {
      response.writeHead(200, { ...FRESH, vary: 'Origin' }).end(`for ${String(request.headers.origin ?? 'anybody')}`);
    });
    const from = (site: string): AskOptions => ({ headers: { origin: site } });
    assert.equal(await asked('/a', from('https://one.example')), 'for anybody');
    assert.equal(await asked('/a', from('https://one.example')), 'for https://one.example');
    assert.equal(await asked('/a', from('https://two.example')), 'for https://two.example');
    assert.equal(await asked('/a', from('https://one.example')), 'for https://one.example');
    assert.equal(await asked('/a'), 'for anybody');
    assert.equal(origin.count('/a'), 3);
  });
});
