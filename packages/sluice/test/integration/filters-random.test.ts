/**
 * Filters by chance, requests by chance, an origin that does whatever it is asked to: whichever meet, each request ends once, nothing is counted that is over, what arrives whole is
 * what the origin said, and no connection, wait or parser is left behind. Each world is made from its number alone; SLUICE_TEST_FIRST_WORLD and SLUICE_TEST_WORLDS choose others.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request as send } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { brotliDecompressSync, gunzipSync, gzipSync, zstdDecompressSync } from 'node:zlib';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { type PlaneConfig, startPlane, type TestPlane } from '../support/data-plane.ts';
import { drift } from '../support/drift.ts';
import { contentOf, fickleOrigin, MOODS, targetOf, type Wish } from '../support/fickle-origin.ts';
import { startOrigin } from '../support/filter-stage.ts';
import { eventually } from '../support/waiting.ts';

const WORLDS = Number(process.env['SLUICE_TEST_WORLDS'] ?? 16);
const FIRST = Number(process.env['SLUICE_TEST_FIRST_WORLD'] ?? 1);
const REQUESTS = 60;
const AT_A_TIME = 12;

const directory = mkdtempSync(join(tmpdir(), 'sluice-random-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const CODES = {
  waits: `async () => { await new Promise((go) => setTimeout(go, 3)); }`,
  reads: `async (request) => { request.headers.set('x-read', String((await request.bytes(4_000_000)).length)); }`,
  holds: `async (request, next) => { const reply = await next(); await new Promise((go) => setTimeout(go, 3)); reply.headers.set('x-held', '1'); return reply; }`,
  readsReply: `async (request, next) => { const reply = await next(); const bytes = await reply.bytes(200_000).catch(() => null); if (bytes !== null && reply.status === 200) reply.body = bytes; return reply; }`,
  leavesAlone: `(request, next) => { request.headers.set('x-a', '1'); return next(); }`,
};

function custom(name: keyof typeof CODES): object {
  const path = join(directory, `${name}.ts`);
  writeFileSync(path, `export default ${CODES[name]};\n`);
  return { custom: { module: path } };
}

/** What a route may have; `auth` is another program's port. */
function choices(auth: number): readonly unknown[] {
  return [
    'requestId',
    'securityHeaders',
    'errorPage',
    'waf',
    'decompressLimit',
    'cache',
    'compress',
    'compress',
    { headers: { request: { set: { 'X-User': '{user}' } }, response: { remove: ['X-Powered-By'], set: { 'X-Route': '{route}' } } } },
    { errorPage: { status: ['404', '5xx'], from: { service: 'shadow', path: '/page' } } },
    { bodyLimit: { max: '100KiB' } },
    { rateLimit: { name: 'all', concurrency: 1_000, requests: 100_000, per: '1s' } },
    { rateLimit: { name: 'misses', concurrency: 1_000, missesOnly: true } },
    { forwardAuth: { url: `http://127.0.0.1:${auth}/` } },
    { mirror: { to: 'shadow', body: '64KiB' } },
    { fault: { delay: { by: '4ms', share: '40%' }, abort: { status: 'reset', share: '5%' } } },
    { fault: { abort: { status: 503, share: '10%' } } },
    ...(Object.keys(CODES) as (keyof typeof CODES)[]).map((name) => custom(name)),
  ];
}

interface World {
  readonly plane: TestPlane;
  readonly config: PlaneConfig;
  readonly random: Random;
  readonly agent: Agent;
  readonly session: ClientHttp2Session;
}

async function worldOf(t: TestContext, seed: number): Promise<World> {
  const random = seededRandom(seed);
  const origin = await fickleOrigin();
  t.after(() => origin.close());
  const shadow = await startOrigin(t, ({ url }, response) => void response.end(url === '/page' ? 'a page' : 'shadow'));
  const auth = await startOrigin(t, ({ url }, response) => void setTimeout(() => response.writeHead(url === '/' ? 200 : 401).end(), 2));
  const filters = picked(random, choices(auth.port), 2 + Math.floor(random() * 6));
  const needsCache = (filter: unknown): boolean => JSON.stringify(filter).includes('missesOnly');
  const route = {
    path: '/*',
    to: 'origin',
    filters: filters.includes('cache') ? filters : filters.filter((filter) => !needsCache(filter)),
    filterOrder: random() < 0.3 ? ('written' as const) : ('pipeline' as const),
  };
  const service = (port: number): { endpoints: string[]; outlier: false } => ({ endpoints: [`127.0.0.1:${port}`], outlier: false });
  const config = { services: { origin: service(origin.port), shadow: service(shadow.port) }, routes: [route] };
  const plane = await startPlane(config);
  const session = connect(`http://127.0.0.1:${plane.port}`);
  session.on('error', () => {});
  const time = setInterval(() => plane.advance(20), 20);
  t.after(async () => {
    clearInterval(time);
    session.destroy();
    await plane[Symbol.asyncDispose]();
  });
  return { plane, config, random, agent: new Agent({ keepAlive: true, maxSockets: AT_A_TIME }), session };
}

function picked<Item>(random: Random, items: readonly Item[], count: number): Item[] {
  const left = [...items];
  return Array.from({ length: count }, () => left.splice(Math.floor(random() * left.length), 1)[0]!);
}

interface Sent extends Wish {
  readonly method: string;
  readonly body: Buffer;
  readonly isChunked: boolean;
  readonly headers: Record<string, string>;
  /** After so many ms the client leaves; -1: it stays. */
  readonly leavesAfterMs: number;
  readonly isHttp2: boolean;
}

function requestOf(random: Random, id: number): Sent {
  const one = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  const hasBody = random() < 0.4;
  const isCoded = random() < 0.2;
  const content = Buffer.alloc(one([1, 100, 5_000, 70_000, 150_000]), 'content of the request ');
  return {
    id: random() < 0.3 ? id % 4 : id,
    mood: one(MOODS),
    bytes: one([20, 2_000, 20_000, 300_000]),
    method: hasBody ? one(['POST', 'PUT']) : one(['GET', 'GET', 'HEAD']),
    body: hasBody ? (isCoded ? gzipSync(content) : content) : Buffer.alloc(0),
    isChunked: random() < 0.5,
    headers: {
      ...(hasBody ? { 'content-type': 'text/plain' } : {}),
      ...(hasBody && isCoded ? { 'content-encoding': 'gzip' } : {}),
      ...(random() < 0.6 ? { 'accept-encoding': one(['gzip', 'br', 'zstd', 'gzip, br']) } : {}),
      ...(random() < 0.2 ? { accept: 'application/json' } : {}),
    },
    leavesAfterMs: random() < 0.25 ? Math.floor(random() * 12) : -1,
    isHttp2: random() < 0.4,
  };
}

interface Got {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
}

/** Null: no whole reply came. */
function ask(world: World, sent: Sent): Promise<Got | null> {
  return sent.isHttp2 ? askHttp2(world, sent) : askHttp1(world, sent);
}

function askHttp1({ plane, agent }: World, sent: Sent): Promise<Got | null> {
  return new Promise((resolve) => {
    const framing: Record<string, string> =
      sent.body.length === 0 ? {} : sent.isChunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(sent.body.length) };
    const request = send({
      host: '127.0.0.1',
      port: plane.port,
      path: targetOf(sent),
      method: sent.method,
      agent,
      headers: { host: 'example.com', ...sent.headers, ...framing },
    });
    request.on('error', () => resolve(null));
    request.on('response', (reply: IncomingMessage) => {
      const parts: Buffer[] = [];
      reply.on('data', (part: Buffer) => parts.push(part));
      reply.on('error', () => resolve(null));
      reply.on('close', () =>
        resolve(reply.complete ? { status: reply.statusCode!, headers: reply.headers, body: Buffer.concat(parts) } : null),
      );
    });
    const half = sent.body.length >> 1;
    if (half > 0) request.write(sent.body.subarray(0, half));
    if (half > 0) setTimeout(() => request.destroyed || request.end(sent.body.subarray(half)), 2);
    else request.end(sent.body);
    if (sent.leavesAfterMs >= 0) setTimeout(() => request.destroy(), sent.leavesAfterMs);
  });
}

function askHttp2({ session }: World, sent: Sent): Promise<Got | null> {
  return new Promise((resolve) => {
    const hasBody = sent.body.length > 0;
    const stream = session.request(
      { ':path': targetOf(sent), ':method': sent.method, ':authority': 'example.com', ...sent.headers },
      { endStream: !hasBody },
    );
    const parts: Buffer[] = [];
    let head: Record<string, unknown> = {};
    let isEnded = false;
    stream.on('response', (fields) => (head = fields));
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => (isEnded = true));
    stream.on('error', () => {});
    stream.on('close', () => {
      const isWhole = isEnded && head[':status'] !== undefined && (stream.rstCode === 0 || stream.rstCode === undefined);
      resolve(isWhole ? { status: Number(head[':status']), headers: head, body: Buffer.concat(parts) } : null);
    });
    if (hasBody) stream.end(sent.body);
    if (sent.leavesAfterMs >= 0) setTimeout(() => stream.close(8), sent.leavesAfterMs);
  });
}

function decoded({ headers, body }: Got): string {
  switch (headers['content-encoding']) {
    case 'gzip':
      return gunzipSync(body).toString();
    case 'br':
      return brotliDecompressSync(body).toString();
    case 'zstd':
      return zstdDecompressSync(body).toString();
    default:
      return body.toString();
  }
}

/** What arrives whole and well is what the origin said, to this request. */
function check(sent: Sent, got: Got | null, filters: readonly unknown[]): void {
  if (got === null || got.status !== 200 || sent.method === 'HEAD') return;
  assert.ok(['whole', 'pieces', 'early'].includes(sent.mood), `a reply that is ${sent.mood} does not arrive as whole`);
  const isDecoded = sent.headers['content-encoding'] === 'gzip' && filters.includes('decompressLimit');
  const asked = sent.mood === 'early' ? -1 : isDecoded ? gunzipSync(sent.body).length : sent.body.length;
  const text = decoded(got);
  const isSame = text === contentOf(sent, asked);
  assert.ok(
    isSame,
    `${JSON.stringify({ ...sent, body: sent.body.length })}: got ${JSON.stringify(got.headers)} and ${text.length} bytes, ${JSON.stringify(text.slice(0, 60))}`,
  );
}

/** Without requests under way, nothing is left of them. */
async function quiet({ plane }: World): Promise<void> {
  let left: unknown = null;
  const isQuiet = (): boolean => Object.keys((left = drift(plane))).length === 0;
  await eventually(5_000, 'nothing is under way', isQuiet).catch(() => assert.deepEqual(left, {}));
  const { parsers } = plane.plane as unknown as { parsers: readonly object[] };
  assert.equal(new Set(parsers).size, parsers.length, 'each parser is there once');
  assert.equal(
    plane.said.filter((message) => message.type === 'event' && message.what === 'filter failed').length,
    0,
    JSON.stringify(plane.said),
  );
}

async function run(world: World, index: number): Promise<void> {
  const { random, config, plane } = world;
  const filters = config.routes![0]!.filters!;
  const requests = Array.from({ length: REQUESTS }, (_, id) => requestOf(random, index * 1_000 + id));
  const client = async (): Promise<void> => {
    for (let sent = requests.pop(); sent !== undefined; sent = requests.pop()) {
      if (requests.length === REQUESTS >> 1)
        await plane.reload({ ...config, routes: [...config.routes!, { path: '/other', to: 'origin' }] });
      check(sent, await ask(world, sent), filters);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, client));
  await quiet(world);
  world.agent.destroy();
  world.session.destroy();
  await eventually(5_000, 'no client is connected', () => plane.board.connections(0) === 0);
}

for (let seed = FIRST; seed < FIRST + WORLDS; seed++) {
  test(`world ${seed}`, { timeout: 20_000 }, async (t) => {
    const world = await worldOf(t, seed);
    t.diagnostic(JSON.stringify(world.config.routes).replaceAll(directory, ''));
    await run(world, seed);
  });
}
