import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OriginList } from '../../core/filters/cors.ts';
import { type FilterStageWorld, stageFilters } from '../../../test/support/filter-stage.ts';

const PREFLIGHT = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-a, content-type' };

const preflight = (world: FilterStageWorld, origin: string, more = {}) =>
  world.ask('/', { method: 'OPTIONS', headers: { origin, ...PREFLIGHT, ...more } });

test('a preflight of a listed origin is answered here; one of another origin is told nothing', async (t) => {
  const world = await stageFilters(t, [
    {
      cors: {
        origins: ['https://a.example', 'https://*.b.example', { regex: 'https://c[0-9]+\\.example' }],
        credentials: true,
        maxAge: '1h',
        privateNetwork: true,
      },
    },
  ]);
  for (const origin of ['https://a.example', 'https://x.y.b.example', 'https://c12.example', 'HTTPS://A.example']) {
    const { status, headers } = await preflight(world, origin, { 'access-control-request-private-network': 'true' });
    assert.deepEqual([status, headers['access-control-allow-origin'], headers['access-control-allow-credentials']], [204, origin, 'true']);
    assert.equal(headers['access-control-allow-methods'], 'GET, HEAD, POST, PUT, PATCH, DELETE');
    assert.deepEqual([headers['access-control-allow-headers'], headers['access-control-max-age']], ['x-a, content-type', '3600']);
    assert.equal(headers['access-control-allow-private-network'], 'true');
    assert.match(String(headers.vary), /Origin/);
  }
  for (const origin of [
    'https://b.example',
    'https://evil-b.example',
    'https://evil.example?.b.example',
    'https://u@.b.example',
    'http://a.example',
    'null',
  ]) {
    const { status, headers } = await preflight(world, origin);
    assert.deepEqual(
      [status, headers['access-control-allow-origin'], headers['access-control-allow-methods']],
      [204, undefined, undefined],
      origin,
    );
    assert.match(String(headers.vary), /Origin/);
  }
  assert.equal(world.origin.seen.length, 0);
});

test("other requests pass; the service's own words are replaced, refusals can be read, too", async (t) => {
  const world = await stageFilters(t, [{ cors: { origins: 'https://a.example', expose: ['x-total'] } }], {
    answer: ({ url }, response) =>
      void response.writeHead(url === '/bad' ? 500 : 200, { 'access-control-allow-origin': '*', vary: 'Accept' }).end(),
  });
  for (const path of ['/', '/bad']) {
    const { rawHeaders, headers } = await world.ask(path, { headers: { origin: 'https://a.example' } });
    assert.equal(rawHeaders.filter((each) => each.toLowerCase() === 'access-control-allow-origin').length, 1);
    assert.deepEqual(
      [headers['access-control-allow-origin'], headers['access-control-expose-headers'], headers.vary],
      ['https://a.example', 'x-total', 'Accept, Origin'],
    );
  }
  const other = await world.ask('/', { headers: { origin: 'https://b.example' } });
  assert.deepEqual([other.status, other.headers['access-control-allow-origin'], other.headers.vary], [200, undefined, 'Accept, Origin']);
  const none = await world.ask('/');
  assert.deepEqual([none.headers['access-control-allow-origin'], none.headers.vary], [undefined, 'Accept, Origin']);
});

test('any origin without credentials is a star', async (t) => {
  const world = await stageFilters(t, ['cors'], { services: { origin: { endpoints: ['127.0.0.1:1'], outlier: false, retry: false } } });
  const { status, headers } = await world.ask('/', { headers: { origin: 'https://a.example' } });
  assert.deepEqual([status, headers['access-control-allow-origin'], headers.vary], [502, '*', undefined]);
});

test('an OPTIONS that is no preflight goes to the service', async (t) => {
  const world = await stageFilters(t, ['cors']);
  await world.ask('/', { method: 'OPTIONS', headers: { origin: 'https://a.example' } });
  assert.equal(world.origin.seen.length, 1);
});

test('what could not stand in a reply is never an origin', () => {
  const list = new OriginList({ anyOrigin: true, origins: [], wildcards: [] }, []);
  for (const origin of ['', 'https://a b', 'https://a\r\nx', 'https://a,https://b', `https://${'a'.repeat(600)}`])
    assert.equal(list.allows(origin), false);
});

test('credentials for everybody, origins with a path and broken expressions are faults', async (t) => {
  for (const [cors, message] of [
    [{ credentials: true }, /credentials cannot be true for any origin/],
    [{ origins: ['*', 'https://a.example'], credentials: true }, /credentials cannot be true for any origin/],
    [{ origins: 'https://a.example/' }, /take the .* away|must be an origin/],
    [{ origins: { regex: '(' } }, /cannot be used/],
  ] as const) {
    await assert.rejects(stageFilters(t, [{ cors }]), message);
  }
});
