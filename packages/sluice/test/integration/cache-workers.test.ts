/** One cache for all workers: the real program, with two. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { ask, type Got, reply, startCacheOrigin } from '../support/cache-origin.ts';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { eventually } from '../support/waiting.ts';

const FRESH = { 'cache-control': 'max-age=60' };

function cached(port: number): GatewayConfig {
  return {
    workers: 2,
    services: { origin: { endpoints: [`127.0.0.1:${port}`], outlier: false, retry: false } },
    routes: [{ path: '/*', to: 'origin', filters: ['cache'] }],
  };
}

async function askAll(gateway: Gateway, path: string, count: number): Promise<Got[]> {
  return await Promise.all(Array.from({ length: count }, () => ask(gateway.port, path)));
}

test('a thousand clients that ask both workers for what nobody has are one request to the service', { timeout: 60_000 }, async () => {
  await using origin = await startCacheOrigin();
  await using gateway = await startGateway(cached(origin.port));
  let held: ServerResponse | null = null;
  origin.on('/cold', (_request, response) => void (held ??= response));
  const asked = askAll(gateway, '/cold', 1_000);
  await origin.until('/cold', 1);
  await eventually(10_000, 'all of them wait', async () => (await inFlight(gateway)) >= 1_000);
  held!.writeHead(200, FRESH).write('one ');
  held!.end('two');
  const got = await asked;
  assert.deepEqual(new Set(got.map(({ status, body }) => `${status} ${body}`)), new Set(['200 one two']));
  assert.equal(origin.count('/cold'), 1);
  const verdicts = new Set(got.map(({ headers }) => String(headers['cache-status'])));
  assert.ok(verdicts.has('sluice;fwd=uri-miss;fwd-status=200;stored'));
  assert.ok(verdicts.has('sluice;fwd=uri-miss;collapsed'), [...verdicts].join(' '));
});

test(
  'what one worker has fetched is a hit on the other, and a long reply is read there while it still comes',
  { timeout: 60_000 },
  async () => {
    await using origin = await startCacheOrigin();
    await using gateway = await startGateway(cached(origin.port));
    origin.on('/a', reply(FRESH, 'text'));
    await ask(gateway.port, '/a');
    for (const { headers } of await askAll(gateway, '/a', 20)) assert.match(String(headers['cache-status']), /^sluice;hit;/);
    let held: ServerResponse | null = null;
    origin.on('/long', (_request, response) => {
      held = response;
      response.writeHead(200, FRESH).write('x'.repeat(100_000));
    });
    const asked = askAll(gateway, '/long', 20);
    await origin.until('/long', 1);
    for (let piece = 0; piece < 10; piece++) held!.write('y'.repeat(50_000));
    held!.end('end');
    for (const { body, isCut } of await asked) assert.ok(!isCut && body.length === 600_003 && body.endsWith('yend'));
    assert.equal(origin.count('/long'), 1);
  },
);

test('a reply that may not be kept is asked for by each, on both workers, without waiting in turn', { timeout: 60_000 }, async () => {
  await using origin = await startCacheOrigin();
  await using gateway = await startGateway(cached(origin.port));
  const held: ServerResponse[] = [];
  origin.on('/own', (_request, response, count) => {
    if (count === 1) setTimeout(() => response.writeHead(200, { 'cache-control': 'no-store' }).end('0'), 50);
    else held.push(response);
  });
  const asked = askAll(gateway, '/own', 50);
  await origin.until('/own', 50);
  held.forEach((response, index) => response.writeHead(200, { 'cache-control': 'no-store' }).end(String(index + 1)));
  assert.equal(new Set((await asked).map(({ body }) => body)).size, 50);
});

/** Requests that have begun and not ended. */
async function inFlight(gateway: Gateway): Promise<number> {
  const text = await (await gateway.admin('/metrics')).text();
  const sum = (name: string): number =>
    [...text.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\d+)`, 'gm'))].reduce((total, match) => total + Number(match[1]), 0);
  return sum('sluice_requests_inflight');
}
