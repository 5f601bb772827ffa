/** Rate limits of the real program: over the workers of one, over nodes through a store, and what clients are told. */
import assert from 'node:assert/strict';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Gateway, type GatewayConfig, oneOrigin, startGateway } from '../support/gateway.ts';
import { skipWithout } from '../support/system-program.ts';
import { ValkeyServer } from '../support/valkey-server.ts';
import { eventually } from '../support/waiting.ts';

let origin: Server;
let originPort = 0;
/** Requests to `/hold` that wait. */
const held: ServerResponse[] = [];

before(async () => {
  origin = createServer((request, response) => {
    if (request.url === '/hold') held.push(response);
    else response.setHeader('x-origin', 'yes').end('ok');
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  originPort = (origin.address() as AddressInfo).port;
});

after(() => {
  origin.closeAllConnections();
  origin.close();
});

type Limit = Readonly<Record<string, unknown>>;

function limited(limit: Limit, more: Partial<GatewayConfig> = {}): GatewayConfig {
  return { ...oneOrigin(originPort), workers: 2, filters: [{ rateLimit: limit }], ...more };
}

async function ask(gateway: Gateway, path = '/', headers: Record<string, string> = {}): Promise<Response> {
  const reply = await fetch(`http://127.0.0.1:${gateway.port}${path}`, { headers: { connection: 'close', ...headers } });
  await reply.arrayBuffer();
  return reply;
}

/** Asks so many times, some at a time, each over a connection of its own; how many were let in. */
async function askMany(gateways: readonly Gateway[], times: number, headers: Record<string, string> = {}): Promise<number> {
  let allowed = 0;
  for (let done = 0; done < times; done += 10) {
    const replies = await Promise.all(Array.from({ length: 10 }, (_, index) => ask(gateways[index % gateways.length]!, '/', headers)));
    allowed += replies.filter(({ status }) => status === 200).length;
  }
  return allowed;
}

describe('one process', () => {
  test('lets in a burst over all of its workers, and tells clients what is left and when to come again', async () => {
    await using gateway = await startGateway(limited({ name: 'api', requests: 25, per: '1h' }));
    const first = await ask(gateway);
    assert.deepEqual(
      [first.status, first.headers.get('ratelimit-policy'), first.headers.get('ratelimit'), first.headers.get('retry-after')],
      [200, '"api";q=25;w=3600', '"api";r=24;t=3456', null],
    );
    assert.equal(await askMany([gateway], 60), 24);
    const refused = await ask(gateway);
    assert.deepEqual([refused.status, refused.headers.get('x-origin')], [429, null]);
    assert.match(refused.headers.get('ratelimit')!, /^"api";r=0;t=1[34]\d$/);
    const retryAfter = Number(refused.headers.get('retry-after'));
    assert(retryAfter >= 130 && retryAfter <= 160, `${retryAfter}: an hour for 25, and up to a tenth more`);
  });

  test('counts each key by itself, and what has come back is let in', async () => {
    await using gateway = await startGateway(limited({ requests: 10, per: '1s', burst: 3, key: { header: 'X-Key' } }));
    assert.deepEqual(
      [(await askMany([gateway], 10, { 'x-key': 'a' })) >= 3, (await askMany([gateway], 10, { 'x-key': 'b' })) >= 3],
      [true, true],
    );
    await eventually(2_000, 'one has come back', async () => (await ask(gateway, '/', { 'x-key': 'a' })).status === 200);
  });

  test('counts what is in flight, and forgets what has ended or whose client has gone', async () => {
    await using gateway = await startGateway(limited({ name: 'few', concurrency: 2, key: [] }));
    const leave = new AbortController();
    const pending = [
      ask(gateway, '/hold'),
      fetch(`http://127.0.0.1:${gateway.port}/hold`, { signal: leave.signal }).then(
        () => null,
        () => null,
      ),
    ];
    await eventually(5_000, 'both are with the origin', () => held.length === 2);
    const refused = await ask(gateway);
    assert.deepEqual(
      [refused.status, refused.headers.get('ratelimit-policy'), refused.headers.get('ratelimit')],
      [429, '"few";q=2;qu="concurrent-requests"', '"few";r=0'],
    );
    leave.abort();
    await eventually(5_000, 'the place of who has gone is free', async () => (await ask(gateway)).status === 200);
    for (const response of held.splice(0)) response.end();
    await Promise.all(pending);
    const again = [ask(gateway, '/hold'), ask(gateway, '/hold')];
    await eventually(5_000, 'no place is lost', () => held.length === 2);
    assert.equal((await ask(gateway)).status, 429, 'and none was given twice');
    for (const response of held.splice(0)) response.end();
    assert.deepEqual(
      (await Promise.all(again)).map(({ status }) => status),
      [200, 200],
    );
  });

  test('keeps counts over a reload that leaves the limit as it is', async () => {
    const config = limited({ requests: 5, per: '1h' });
    await using gateway = await startGateway(config);
    assert.equal(await askMany([gateway], 10), 5);
    await gateway.reload({ ...config, drainTimeout: '3s' });
    assert.equal((await ask(gateway)).status, 429);
    await gateway.reload(limited({ requests: 6, per: '1h' }));
    assert.equal(await askMany([gateway], 10), 6, 'other figures are another limit');
  });

  test('dry, refuses nobody and says so', async () => {
    await using gateway = await startGateway(limited({ name: 'trial', requests: 1, per: '1h', dryRun: true }));
    assert.equal(await askMany([gateway], 10), 10);
    assert.match(gateway.output(), /rate limit would refuse/);
  });
});

describe('nodes with a store', { skip: skipWithout('redis-server') }, () => {
  const shared = (server: ValkeyServer): GatewayConfig =>
    limited(
      { requests: 40, per: '1h', shared: { store: 'main', nodes: 2 }, key: { header: 'x-key' } },
      { stores: { main: { url: server.url } } },
    );

  test('keep one limit together, and each its share while the store is away', async () => {
    await using server = await ValkeyServer.start();
    await using one = await startGateway(shared(server));
    await using other = await startGateway(shared(server));
    // A worker connects with its first request, and keeps to its share until its first question is answered.
    const connections = (gateway: Gateway): number => (gateway.output().match(/store connected/g) ?? []).length;
    await eventually(10_000, 'all workers are connected', async () => {
      await askMany([one, other], 10, { 'x-key': 'warm' });
      return connections(one) >= 2 && connections(other) >= 2;
    });
    await sleep(600);
    await askMany([one, other], 60, { 'x-key': 'warm' });
    await sleep(100);
    const allowed = await askMany([one, other], 200, { 'x-key': 'a' });
    assert(allowed >= 40 && allowed <= 80, `${allowed} of 40, and at most one burst of advances`);
    await sleep(300);
    assert.equal(await askMany([one, other], 20, { 'x-key': 'a' }), 0, 'what was advanced is charged');

    await server.kill();
    await eventually(5_000, 'both have noticed', () => [one, other].every((gateway) => /store away/.test(gateway.output())));
    await ask(one, '/', { 'x-key': 'c' });
    await ask(other, '/', { 'x-key': 'c' });
    await sleep(200);
    const alone = await askMany([one, other], 200, { 'x-key': 'b' });
    assert(alone >= 40 && alone <= 80, `${alone}: four workers of ten each, which may have advanced as much before they knew`);

    await server.start();
    await eventually(15_000, 'the store is used again', async () => {
      await askMany([one, other], 10, { 'x-key': `${performance.now()}` });
      return connections(one) >= 4 && connections(other) >= 4;
    });
  });
});
