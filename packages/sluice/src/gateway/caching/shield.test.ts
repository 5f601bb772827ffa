/** Three nodes that share the work of a cache, over real sockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, type CacheOrigin, type Got, reply, startCacheOrigin } from '../../../test/support/cache-origin.ts';
import { type PlaneConfig, startPlane, type TestPlane, WALL_START } from '../../../test/support/data-plane.ts';
import { freePort } from '../../io/ports.ts';
import { PeerProof } from './peer-proof.ts';

const SECRET = 'a secret of all nodes';
const FRESH = { 'cache-control': 'max-age=60' };
const HOST = 'www.example';

interface World {
  readonly origin: CacheOrigin;
  readonly nodes: readonly TestPlane[];
  get(node: number, path: string, headers?: Readonly<Record<string, string>>): Promise<Got>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Options {
  readonly cache?: Readonly<Record<string, unknown>>;
  readonly route?: Readonly<Record<string, unknown>>;
  /** Instead of the last node. */
  readonly dead?: boolean;
  readonly secrets?: readonly string[];
  readonly affinity?: NonNullable<PlaneConfig['services']>[string]['affinity'];
}

function config(
  origin: number,
  addresses: readonly string[],
  self: number,
  { cache = {}, route = {}, secrets = [], affinity }: Options,
): PlaneConfig {
  const shield = { service: 'nodes', self: addresses[self]!, secret: secrets[self] ?? SECRET };
  return {
    services: {
      origin: { endpoints: [`127.0.0.1:${origin}`], outlier: false, retry: false, ...(affinity === undefined ? {} : { affinity }) },
      nodes: { endpoints: [...addresses], balance: { algorithm: 'hash', table: 'rendezvous' }, outlier: false },
    },
    routes: [{ path: '/*', to: 'origin', ...route, filters: [{ cache: { ...cache, shield } }] }],
  };
}

async function world(options: Options = {}): Promise<World> {
  const origin = await startCacheOrigin();
  const nodes: TestPlane[] = [];
  const plain = { services: { origin: { endpoints: [`127.0.0.1:${origin.port}`] } }, routes: [{ path: '/*', to: 'origin' }] };
  for (let index = 0; index < (options.dead === true ? 2 : 3); index++) nodes.push(await startPlane(plain));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  if (options.dead === true) addresses.push(`127.0.0.1:${await freePort('127.0.0.1')}`);
  for (const [index, node] of nodes.entries()) await node.reload(config(origin.port, addresses, index, options));
  return {
    origin,
    nodes,
    get: (node, path, headers = {}) => ask(nodes[node]!.port, path, { headers: { host: HOST, ...headers } }),
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}

const PATHS = Array.from({ length: 12 }, (_, index) => `/${index}`);

test('however many nodes are asked, the service is asked once for each reply', async () => {
  await using at = await world();
  for (const path of PATHS) at.origin.on(path, reply(FRESH, `text of ${path}`));
  for (const path of PATHS) {
    const got = await Promise.all([0, 1, 2].map((node) => at.get(node, path)));
    for (const { status, body } of got) assert.deepEqual([status, body], [200, `text of ${path}`]);
    assert.equal(at.origin.count(path), 1, path);
  }
  const again = await Promise.all(PATHS.flatMap((path) => [0, 1, 2].map((node) => at.get(node, path))));
  for (const { headers } of again) assert.match(String(headers['cache-status']), /"127\.0\.0\.1:\d+";hit;ttl=\d+;detail=memory$/);
  assert.equal(at.origin.requests.length, PATHS.length);
});

test('Cache-Status lists both nodes, and nothing of how they know each other gets out', async () => {
  await using at = await world();
  for (const path of PATHS) at.origin.on(path, reply(FRESH));
  const members = new Set<number>();
  for (const path of PATHS) {
    const { headers } = await at.get(0, path);
    assert.equal(headers['sluice-peer'], undefined);
    members.add(String(headers['cache-status']).split(', ').length);
  }
  assert.deepEqual(
    [...members].toSorted((left, right) => left - right),
    [1, 2],
  ); // this node owns some, others the rest
  for (const { headers } of at.origin.requests) {
    assert.equal(headers['sluice-peer'], undefined);
    assert.match(String(headers['cdn-loop']), /^127\.0\.0\.1:\d+(?:, 127\.0\.0\.1:\d+)?$/);
  }
});

test('an owner that is gone is gone round, told of once', async () => {
  await using at = await world({ dead: true });
  for (const path of PATHS) at.origin.on(path, reply(FRESH, path));
  for (const path of PATHS) assert.deepEqual((({ status, body }) => [status, body])(await at.get(0, path)), [200, path]);
  const told = at.nodes[0]!.said.filter(
    (message) => message.type === 'event' && message.what.includes('a node of the shield cannot be used'),
  );
  assert.equal(told.length, 1);
});

test('a purge by tag reaches what came by way of another node, and tags reach no client', async () => {
  await using at = await world();
  for (const path of PATHS) at.origin.on(path, reply({ ...FRESH, 'surrogate-key': 'one two', 'cache-tag': 'three' }));
  for (const path of PATHS) {
    for (const node of [0, 1]) {
      const { headers } = await at.get(node, path);
      assert.deepEqual([headers['surrogate-key'], headers['cache-tag']], [undefined, undefined]);
    }
  }
  for (const tag of ['two', 'three']) {
    const before = at.origin.requests.length;
    for (const { plane } of at.nodes) storeOf(plane)?.purgeTag(tag, false);
    for (const path of PATHS) await at.get(0, path);
    assert.equal(at.origin.requests.length, before + PATHS.length, tag);
  }
});

test('whoever forges the field of nodes is refused, and nothing is kept of it', async () => {
  await using at = await world();
  at.origin.on('/a', reply(FRESH));
  const proof = (secret: string, target: string, wall = WALL_START): string =>
    new PeerProof([secret]).write({ route: '/*', method: 'GET', host: HOST, target }, `http://${HOST}/b\n@origin`, wall);
  const forged = [
    '',
    'owner',
    '1.2.3',
    '..',
    `${WALL_START}.aaaa.bbbb`,
    'x'.repeat(9_000),
    proof('another secret of somebody', '/a'),
    proof(SECRET, '/b'),
  ];
  const late = [proof(SECRET, '/a', WALL_START - 400_000), proof(SECRET, '/a', WALL_START + 400_000)];
  for (const value of [...forged, ...late]) assert.equal((await at.get(0, '/a', { 'sluice-peer': value })).status, 421, value.slice(0, 60));
  assert.equal(at.origin.requests.length, 0);
  const honest = await at.get(0, '/a', { 'sluice-peer': proof(SECRET, '/a') });
  assert.deepEqual([honest.status, honest.headers['sluice-peer']], [200, 'owner']);
  assert.equal(at.origin.count('/a'), 1);
  const told = at.nodes[0]!.said.filter((message) => message.type === 'event' && message.what.includes('claims to be from a node'));
  assert.equal(told.length, 1);
});

test('a request that has been here before is refused', async () => {
  await using at = await world();
  at.origin.on('/a', reply(FRESH));
  const self = `127.0.0.1:${at.nodes[0]!.port}`;
  for (const value of [self, `cdn.example; a="b", ${self}`, Array.from({ length: 40 }, () => 'x').join(','), 'x'.repeat(4_000)])
    assert.equal((await at.get(0, '/a', { 'cdn-loop': value })).status, 508, value.slice(0, 40));
  assert.equal(at.origin.requests.length, 0);
  assert.equal((await at.get(0, '/a', { 'cdn-loop': 'cdn.example' })).status, 200);
  assert.match(String(at.origin.requests[0]!.headers['cdn-loop']), /^cdn\.example, 127/);
});

test('nodes whose secrets differ serve all the same, each by itself', async () => {
  await using at = await world({ secrets: ['the secret of the first', 'the secret of the second', 'the secret of the third'] });
  for (const path of PATHS) at.origin.on(path, reply(FRESH, path));
  for (const path of PATHS) assert.equal((await at.get(0, path)).body, path);
  assert.equal(at.origin.requests.length, PATHS.length);
});

test('a route that rewrites does so once, at the node that asks the service', async () => {
  await using at = await world({ route: { path: '/*', rewrite: { path: '/v1/{rest}', requestHeaders: { add: { 'x-seen': '1' } } } } });
  for (const path of PATHS) at.origin.on(`/v1${path}`, reply(FRESH, path));
  for (const path of PATHS) for (const node of [0, 1, 2]) assert.equal((await at.get(node, path)).body, path);
  assert.equal(at.origin.requests.length, PATHS.length);
  for (const { headers } of at.origin.requests) assert.equal(headers['x-seen'], '1');
});

test('replies that vary, are personal, or may not be kept go their usual ways', async () => {
  await using at = await world();
  for (const path of PATHS) {
    at.origin.on(path, (request, response) => {
      const language = String(request.headers['accept-language']);
      response.writeHead(200, { ...FRESH, vary: 'accept-language' }).end(language);
    });
    for (const language of ['de', 'en', 'de']) assert.equal((await at.get(0, path, { 'accept-language': language })).body, language);
    for (const language of ['de', 'en']) assert.equal((await at.get(1, path, { 'accept-language': language })).body, language);
    assert.equal(at.origin.count(path), 2, path);
  }
  at.origin.on(
    '/own',
    reply({ 'cache-control': 'private' }, (count) => String(count)),
  );
  assert.notEqual((await at.get(0, '/own')).body, (await at.get(0, '/own')).body);
  at.origin.on('/who', (request, response) => response.writeHead(200, FRESH).end(String(request.headers['authorization'])));
  for (const who of ['Basic YTph', 'Basic YTpi']) assert.equal((await at.get(0, '/who', { authorization: who })).body, who);
});

test('a service that binds clients by cookie has its replies kept by all nodes', async () => {
  await using at = await world({ affinity: { by: 'cookie', secrets: ['a secret for cookies of clients'] } });
  for (const path of PATHS) {
    at.origin.on(path, reply(FRESH, path));
    for (const node of [0, 1, 2, 0, 1, 2]) assert.equal((await at.get(node, path)).body, path);
    assert.equal(at.origin.count(path), 1, path);
  }
});

test('what is stale is asked about by way of the owner', async () => {
  await using at = await world();
  for (const path of PATHS) {
    at.origin.on(path, (request, response) => {
      const isSame = request.headers['if-none-match'] === '"1"';
      response.writeHead(isSame ? 304 : 200, { ...FRESH, etag: '"1"', 'surrogate-key': 'tagged' }).end(isSame ? undefined : path);
    });
    for (const node of [0, 1, 2]) await at.get(node, path);
  }
  for (const node of at.nodes) node.advance(61_000);
  for (const path of PATHS) for (const node of [0, 1, 2]) assert.equal((await at.get(node, path)).body, path);
  assert.equal(at.origin.requests.length, 2 * PATHS.length);
  assert.equal(at.origin.requests.filter(({ headers }) => headers['if-none-match'] !== undefined).length, PATHS.length);
});

/** Null: nothing has come by this node, which is the owner of none of the pages. */
function storeOf(plane: TestPlane['plane']): { purgeTag(tag: string, soft: boolean): void } | null {
  const parts = (
    plane as unknown as {
      filters: { shared: { parts: Map<string, { part: { memory: { purgeTag(tag: string, soft: boolean): void } } }> } };
    }
  ).filters.shared.parts;
  return [...parts].find(([name]) => name.startsWith('cache '))?.[1].part.memory ?? null;
}
