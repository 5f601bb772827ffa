/** Second copies: when they are sent, who wins, what becomes of the other. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ServicePlan } from '../../config/plan.ts';
import { type HostileOrigin, hostileOrigin, type OriginScript } from '../../../test/support/hostile-origin.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { rawExchange, statuses } from '../../../test/support/raw-exchange.ts';
import { type ServicePlane, startServicePlane } from '../../../test/support/service-plane.ts';
import { eventually } from '../../../test/support/waiting.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const DELAY_MS = 20;

function reply(status: number, name: string): string {
  return `HTTP/1.1 ${status} Said\r\nX-Name: ${name}\r\nContent-Length: 0\r\n\r\n`;
}

/** Answers its first request when `released` resolves. */
function held(text: string, released: Promise<void>): OriginScript {
  return async (connection) => {
    await connection.head();
    await released;
    connection.write(text);
  };
}

const never = new Promise<void>(() => {});

/** First fit: the first origin gets the request, the second the copy. */
async function start(origins: readonly HostileOrigin[], more: Partial<ServicePlan> = {}): Promise<ServicePlane> {
  const addresses = origins.map(({ port }) => `127.0.0.1:${port}`);
  const { balance } = servicePlan('x', []);
  const service = servicePlan('web', addresses, {
    balance: { ...balance, algorithm: 'first-fit' },
    hedge: { percentile: 95, delayMinMs: DELAY_MS, budgetShare: 1 },
    ...more,
  });
  const world = await startServicePlane([service]);
  world.table.hedgeDelayMs[0] = DELAY_MS;
  return world;
}

async function settled(world: ServicePlane): Promise<void> {
  await eventually(2_000, `nothing is in flight: ${JSON.stringify(world.leftovers())}`, () =>
    Object.keys(world.leftovers()).every((name) => name.startsWith('serviceConnections')),
  );
}

test('the copy that answers first wins, the other connection is closed, and each is counted once', async () => {
  await using slow = await hostileOrigin(held(reply(200, 'slow'), never));
  await using quick = await hostileOrigin(held(reply(200, 'quick'), Promise.resolve()));
  await using world = await start([slow, quick]);
  const { text } = await rawExchange(world.port, GET);
  assert.match(text, /X-Name: quick/);
  await eventually(2_000, 'the slow one is cut', () => slow.connections[0]!.ending !== null);
  await settled(world);
});

test('both answers in one turn of the event loop: one passes, and nothing is counted twice', async () => {
  const gate = Promise.withResolvers<void>();
  await using first = await hostileOrigin(held(reply(200, 'first'), gate.promise));
  await using second = await hostileOrigin(held(reply(200, 'second'), gate.promise));
  await using world = await start([first, second]);
  const exchange = rawExchange(world.port, GET);
  await eventually(2_000, 'both have it', () => second.connections[0]?.received.includes('\r\n\r\n') === true);
  gate.resolve(); // both write before the gateway reads either
  const { text } = await exchange;
  assert.deepEqual(statuses(text), [200]);
  await settled(world);
  assert.equal(world.upstreamConnections(), 1, 'the winner is kept, the loser is not');
});

test('a copy that fails leaves the other one alone', async () => {
  const gate = Promise.withResolvers<void>();
  await using slow = await hostileOrigin(held(reply(200, 'slow'), gate.promise));
  await using dying = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.reset();
    gate.resolve();
  });
  await using world = await start([slow, dying]);
  assert.match((await rawExchange(world.port, GET)).text, /X-Name: slow/);
  await settled(world);
});

test('a quick 503 of one copy does not win against the other, where 503 may be retried', async () => {
  const gate = Promise.withResolvers<void>();
  await using slow = await hostileOrigin(held(reply(200, 'slow'), gate.promise));
  await using failing = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write(reply(503, 'failing'));
    gate.resolve();
  });
  const { retry } = servicePlan('x', []);
  await using world = await start([slow, failing], { retry: { ...retry, attempts: 5, on: ['503'] } });
  assert.match((await rawExchange(world.port, GET)).text, /X-Name: slow/);
  assert.equal(world.table.serviceFailed[0], 0);
  await settled(world);
});

test('when both copies fail the retry goes to neither of them', async () => {
  const gate = Promise.withResolvers<void>();
  await using first = await hostileOrigin(async (connection) => {
    await connection.head();
    await gate.promise;
    await connection.sleep(20);
    connection.reset();
  });
  await using second = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.reset();
    gate.resolve();
  });
  await using third = await hostileOrigin(held(reply(200, 'third'), Promise.resolve()));
  const { retry } = servicePlan('x', []);
  await using world = await start([first, second, third], { retry: { ...retry, attempts: 5, on: ['reset'], backoffBaseMs: 0 } });
  assert.match((await rawExchange(world.port, GET)).text, /X-Name: third/);
  assert.deepEqual([first.connections.length, second.connections.length], [1, 1]);
  await settled(world);
});

test('a client that leaves takes both copies with it', async () => {
  await using first = await hostileOrigin(held('', never));
  await using second = await hostileOrigin(held('', never));
  await using world = await start([first, second]);
  const exchange = rawExchange(world.port, GET, { waitMs: 150 });
  await eventually(2_000, 'both have it', () => second.connections[0]?.received.includes('\r\n\r\n') === true);
  await exchange;
  await eventually(2_000, 'both are cut', () => first.connections[0]!.ending !== null && second.connections[0]!.ending !== null);
  assert.deepEqual(world.leftovers(), {});
  assert.equal(world.upstreamConnections(), 0);
});

describe('no second copy', () => {
  async function seen(more: Partial<ServicePlan>, request: string): Promise<number> {
    await using slow = await hostileOrigin(async (connection) => {
      await connection.head();
      await connection.sleep(4 * DELAY_MS);
      connection.write(reply(200, 'slow'));
    });
    await using other = await hostileOrigin(held(reply(200, 'other'), Promise.resolve()));
    await using world = await start([slow, other], more);
    const { text } = await rawExchange(world.port, request);
    assert.match(text, /X-Name: slow/);
    return other.connections.length;
  }

  test('of a POST', async () => {
    assert.equal(await seen({}, 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi'), 0);
  });

  test('above the bound of the service', async () => {
    const { limits } = servicePlan('x', []);
    assert.equal(await seen({ limits: { ...limits, requestsMax: 1 } }, GET), 0);
  });

  test('of a request whose session lives at an endpoint', async () => {
    const affinity = {
      kind: 'header',
      name: 'x-session',
      secrets: [],
      maxAgeSeconds: null,
      path: '/',
      domain: null,
      secure: false,
      httpOnly: true,
      sameSite: 'lax',
      entriesMax: 100,
      ttlMs: 60_000,
    } as const;
    const asked = 'GET / HTTP/1.1\r\nHost: a\r\nX-Session: s1\r\nConnection: close\r\n\r\n';
    const names: (string | undefined)[] = [];
    await using slow = await hostileOrigin(async (connection) => {
      for (let count = 0; connection.ending === null; count++) {
        await connection.head();
        if (count > 0) await connection.sleep(4 * DELAY_MS);
        if (connection.ending === null) connection.write(reply(200, 'slow'));
      }
    });
    await using other = await hostileOrigin(held(reply(200, 'other'), Promise.resolve()));
    await using world = await start([slow, other], { affinity });
    for (let count = 0; count < 2; count++) names.push(/X-Name: (\w+)/.exec((await rawExchange(world.port, asked)).text)?.[1]);
    assert.deepEqual(names, ['slow', 'slow']);
  });
});
