/** What follows a failed attempt, over real sockets. */
import assert from 'node:assert/strict';
import type { LookupFunction } from 'node:net';
import { test } from 'node:test';
import { freePort } from '../../io/ports.ts';
import type { RetryPlan } from '../../config/plan.ts';
import { hostileOrigin, type OriginScript } from '../../../test/support/hostile-origin.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { rawExchange, statuses } from '../../../test/support/raw-exchange.ts';
import { routePlan, startServicePlane } from '../../../test/support/service-plane.ts';
import { eventually } from '../../../test/support/waiting.ts';

const RETRY: RetryPlan = {
  attempts: 3,
  on: ['connect', 'reset', 'timeout', '503'],
  backoffBaseMs: 0,
  backoffMaxMs: 0,
  budgetShare: 0.2,
  budgetMinPerSecond: 10,
};
/** The longest backoff there is. */
const almostOne = (): number => 0.99;
const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const ROUND_ROBIN = { ...servicePlan('x', []).balance, algorithm: 'round-robin' } as const;

/** Answers every request of every connection with this. */
function always(reply: string): OriginScript {
  return async (connection) => {
    while (connection.ending === null) {
      await connection.head();
      if (connection.ending === null) connection.write(reply);
    }
  };
}

const OK = always('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');

test('without another endpoint the reply that came is passed on, and no retry is counted', async () => {
  await using origin = await hostileOrigin(always('HTTP/1.1 503 Busy\r\nX-Origin: it\r\nContent-Length: 4\r\n\r\nbusy'));
  await using world = await startServicePlane([servicePlan('web', [`127.0.0.1:${origin.port}`], { retry: RETRY })]);
  const before = world.table.retryTokens[0];
  const { text } = await rawExchange(world.port, GET);
  assert.match(text, /^HTTP\/1\.1 503 Busy\r\n/);
  assert.match(text, /\r\nX-Origin: it\r\n[^]*busy$/);
  assert.equal(world.table.retryTokens[0], before);
});

test('without another endpoint a refused connection is 502, not "no endpoint"', async () => {
  const port = await freePort('127.0.0.1');
  await using world = await startServicePlane([servicePlan('web', [`127.0.0.1:${port}`], { retry: RETRY })]);
  assert.deepEqual(statuses((await rawExchange(world.port, GET)).text), [502]);
});

test('a request whose body still comes is sent elsewhere when the connection is refused, with what came before', async () => {
  const refused = await freePort('127.0.0.1');
  await using origin = await hostileOrigin(async (connection) => {
    await connection.until((received) => received.endsWith('later'));
    connection.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  const service = servicePlan('web', [`127.0.0.1:${refused}`, `127.0.0.1:${origin.port}`], { retry: RETRY, balance: ROUND_ROBIN });
  await using world = await startServicePlane([service]);
  for (let round = 0; round < 2; round++) {
    const { text } = await rawExchange(world.port, [
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10\r\n\r\nfirst',
      100,
      'later',
    ]);
    assert.deepEqual(statuses(text), [200], `round ${round}`);
  }
  const bodies = origin.connections.flatMap(({ received }) => received.match(/\r\n\r\n(first)?later/g) ?? []);
  assert.deepEqual(bodies, ['\r\n\r\nfirstlater', '\r\n\r\nfirstlater']);
});

test('a body at 64 KiB is sent again whole, one byte above it is not', async () => {
  await using dying = await hostileOrigin(async (connection) => {
    await connection.until((received) => received.endsWith('end'));
    connection.reset();
  });
  await using origin = await hostileOrigin(OK);
  for (const [size, expected] of [
    [64 * 1024, 200],
    [64 * 1024 + 1, 502],
  ] as const) {
    const service = servicePlan('web', [`127.0.0.1:${dying.port}`, `127.0.0.1:${origin.port}`], {
      retry: RETRY,
      balance: { ...ROUND_ROBIN, algorithm: 'first-fit' },
    });
    await using world = await startServicePlane([service]);
    const body = `${'x'.repeat(size - 3)}end`;
    const { text } = await rawExchange(world.port, [
      `PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`,
      50,
      body,
    ]);
    assert.deepEqual(statuses(text), [expected], `${size} bytes`);
  }
});

test('a POST is never sent twice: neither after a reset nor over a kept connection that dies', async () => {
  let requests = 0;
  const script: OriginScript = async (connection) => {
    await connection.head();
    if (connection.index === 0) connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    if (connection.index === 0) await connection.head();
    requests++;
    connection.reset();
  };
  await using first = await hostileOrigin(script);
  await using second = await hostileOrigin(script);
  const service = servicePlan('web', [`127.0.0.1:${first.port}`, `127.0.0.1:${second.port}`], {
    retry: RETRY,
    balance: { ...ROUND_ROBIN, algorithm: 'first-fit' },
  });
  await using world = await startServicePlane([service]);
  assert.deepEqual(statuses((await rawExchange(world.port, GET)).text), [200]);
  const post = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi';
  assert.deepEqual(statuses((await rawExchange(world.port, post)).text), [502], 'over the kept connection');
  assert.deepEqual(statuses((await rawExchange(world.port, post)).text), [502], 'over a new one');
  assert.equal(requests, 2);
  assert.deepEqual(statuses((await rawExchange(world.port, GET)).text).length, 1);
});

test('a kept connection that dies is forgiven once, and is no retry', async () => {
  await using origin = await hostileOrigin(async (connection) => {
    await connection.head();
    if (connection.index === 0) {
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      await connection.head();
      return connection.reset();
    }
    connection.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n');
  });
  await using world = await startServicePlane([
    servicePlan('web', [`127.0.0.1:${origin.port}`], { retry: { ...RETRY, attempts: 1, on: [] } }),
  ]);
  assert.deepEqual(statuses((await rawExchange(world.port, GET)).text), [200]);
  assert.deepEqual(statuses((await rawExchange(world.port, GET)).text), [201]);
  assert.equal(world.table.serviceFailed[0], 0);
  assert.equal(world.table.failed[0], 0);
});

test('response-queue poisoning: a retry after its backoff looks at kept connections anew before it takes one', async () => {
  // The other endpoint has a kept connection, on which a reply is written unasked while the event loop is held up over the backoff.
  await using failing = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n');
  });
  await using poisoned = await hostileOrigin(OK);
  const addresses = [failing, poisoned].map(({ port }) => `127.0.0.1:${port}`);
  const retry = { ...RETRY, backoffBaseMs: 60, backoffMaxMs: 60 };
  const balance = { ...ROUND_ROBIN, algorithm: 'first-fit' } as const;
  await using world = await startServicePlane([servicePlan('web', addresses.slice(1), { retry, balance })], [], { random: almostOne });
  assert.deepEqual(statuses((await rawExchange(world.port, GET)).text), [200]);
  await world.apply([servicePlan('web', addresses, { retry, balance })]);
  const exchange = rawExchange(world.port, GET);
  await eventually(2_000, 'the retry is due', () => (world.table.serviceRetries[0] ?? 0) > 0);
  poisoned.connections[0]!.socket.write('HTTP/1.1 200 OK\r\nX-Poison: yes\r\nContent-Length: 0\r\n\r\n');
  const until = performance.now() + 80;
  while (performance.now() < until);
  const { text } = await exchange;
  assert.deepEqual(statuses(text), [200]);
  assert(!text.includes('X-Poison'), text);
});

test('Expect: 100-continue with a retry: the second endpoint gets the body, and its own wait for it', async () => {
  await using failing = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write('HTTP/1.1 100 Continue\r\n\r\n');
    await connection.until((received) => received.endsWith('hello'));
    connection.write('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n');
  });
  await using origin = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write('HTTP/1.1 100 Continue\r\n\r\n');
    await connection.until((received) => received.endsWith('hello'));
    connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  });
  const service = servicePlan('web', [`127.0.0.1:${failing.port}`, `127.0.0.1:${origin.port}`], {
    retry: RETRY,
    balance: { ...ROUND_ROBIN, algorithm: 'first-fit' },
  });
  await using world = await startServicePlane([service]);
  using client = await RawClient.open(world.port);
  client.write('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
  await client.until('100', (text) => text.includes('100 Continue'));
  client.write('hello');
  await client.until('the reply', (text) => statuses(text).at(-1) === 200);
});

test('Expect: 100-continue: an upload that takes longer than the wait for a reply is not cut', async () => {
  await using origin = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write('HTTP/1.1 100 Continue\r\n\r\n');
    await connection.until((received) => received.endsWith('end'));
    connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  });
  await using world = await startServicePlane(
    [servicePlan('web', [`127.0.0.1:${origin.port}`])],
    [routePlan('all', 'web', { timeouts: { exchangeMs: 0, responseHeaderMs: 1_000 } })],
  );
  using client = await RawClient.open(world.port);
  client.write('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\nExpect: 100-continue\r\n\r\n');
  await client.until('100', (text) => text.includes('100 Continue'));
  client.write('hello');
  await eventually(2_000, 'it comes', () => origin.connections[0]!.received.endsWith('hello'));
  world.advance(800);
  client.write('world');
  await eventually(2_000, 'it comes', () => origin.connections[0]!.received.endsWith('world'));
  world.advance(800);
  client.write('end');
  await client.until('the reply', (text) => statuses(text).at(-1) === 200);
});

test('a client that leaves during the backoff ends its exchange: nothing is sent any more', async () => {
  await using failing = await hostileOrigin(always('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'));
  await using origin = await hostileOrigin(OK);
  const service = servicePlan('web', [`127.0.0.1:${failing.port}`, `127.0.0.1:${origin.port}`], {
    retry: { ...RETRY, backoffBaseMs: 80, backoffMaxMs: 80 },
    balance: { ...ROUND_ROBIN, algorithm: 'first-fit' },
  });
  await using world = await startServicePlane([service], [], { random: almostOne });
  using client = await RawClient.open(world.port);
  client.write(GET);
  await eventually(2_000, 'the retry is due', () => (world.table.serviceRetries[0] ?? 0) > 0);
  client.socket.destroy();
  await eventually(2_000, 'it is over', () => world.table.serviceRetries[0] === 0);
  await new Promise((resolve) => setTimeout(resolve, 100)); // longer than the backoff
  assert.equal(origin.connections.length, 0);
  assert.deepEqual(world.leftovers(), {});
});

test('the deadline of the exchange holds during the backoff', async () => {
  await using failing = await hostileOrigin(always('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'));
  await using origin = await hostileOrigin(OK);
  const service = servicePlan('web', [`127.0.0.1:${failing.port}`, `127.0.0.1:${origin.port}`], {
    retry: { ...RETRY, backoffBaseMs: 5_000, backoffMaxMs: 5_000 },
    balance: { ...ROUND_ROBIN, algorithm: 'first-fit' },
  });
  const route = routePlan('all', 'web', { timeouts: { exchangeMs: 1_000, responseHeaderMs: 5_000 } });
  await using world = await startServicePlane([service], [route], { random: almostOne });
  const exchange = rawExchange(world.port, GET);
  await eventually(2_000, 'the retry is due', () => (world.table.serviceRetries[0] ?? 0) > 0);
  world.advance(1_001);
  assert.deepEqual(statuses((await exchange).text), [504]);
  assert.deepEqual(world.leftovers(), {});
});

test('an upload that was held back while the connect failed goes on at the next endpoint', async () => {
  const refused = await freePort('127.0.0.1');
  const size = 300_000;
  await using origin = await hostileOrigin(async (connection) => {
    await connection.until((received) => received.endsWith('end'));
    connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  });
  const gate = Promise.withResolvers<void>();
  const lookup: LookupFunction = (_name, _options, done) => void gate.promise.then(() => done(null, [{ address: '127.0.0.1', family: 4 }]));
  const service = servicePlan('web', [`refused.test:${refused}`, `127.0.0.1:${origin.port}`], {
    retry: RETRY,
    balance: { ...ROUND_ROBIN, algorithm: 'first-fit' },
  });
  await using world = await startServicePlane([service], [], { lookup });
  using client = await RawClient.open(world.port);
  client.write(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
  await eventually(2_000, 'it is under way', () => world.table.inflight[0] === 1);
  client.write('x'.repeat(65_400)); // all that is kept for another attempt, and with the head more than the socket takes at once
  await new Promise((resolve) => setTimeout(resolve, 50));
  gate.resolve();
  await eventually(2_000, 'the retry is there', () => origin.connections.length === 1);
  client.write(`${'y'.repeat(size - 65_403)}end`);
  await client.until('200', (text) => statuses(text).at(-1) === 200);
  assert.equal(origin.connections[0]!.received.split('\r\n\r\n')[1]!.length, size);
});
