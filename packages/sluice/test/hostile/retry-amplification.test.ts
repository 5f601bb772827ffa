/** Retry amplification: trouble behind the gateway is not multiplied, and nothing is sent twice that may not be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GatewayConfig, startGateway } from '../support/gateway.ts';
import { type HostileOrigin, hostileOrigin, type OriginScript } from '../support/hostile-origin.ts';
import { rawExchange, statuses } from '../support/raw-exchange.ts';

const resetAfterHead: OriginScript = async (connection) => {
  await connection.head();
  connection.reset();
};

function config(origins: readonly HostileOrigin[], retry?: object): GatewayConfig {
  const endpoints = origins.map((origin) => `127.0.0.1:${origin.port}`);
  const service = { endpoints, outlier: false, ...(retry === undefined ? {} : { retry }) };
  return { services: { web: service }, routes: [{ path: '/*', to: 'web' }], workers: 1 };
}

/** Requests that the origins received. */
function attempts(origins: readonly HostileOrigin[]): number {
  return origins.flatMap((origin) => origin.connections).reduce((sum, each) => sum + each.received.split('\r\n\r\n').length - 1, 0);
}

for (const method of ['POST', 'PATCH']) {
  test(`${method} that reached an origin is never sent again`, async () => {
    await using one = await hostileOrigin(resetAfterHead);
    await using two = await hostileOrigin(resetAfterHead);
    await using gateway = await startGateway(config([one, two], { attempts: 5 }));
    for (let count = 0; count < 10; count++) {
      const reply = await rawExchange(gateway.port, `${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      assert.deepEqual(statuses(reply.text), [502]);
    }
    assert.equal(attempts([one, two]), 10);
  });
}

test('GET is tried again once, on another endpoint', async () => {
  await using bad = await hostileOrigin(resetAfterHead);
  await using good = await hostileOrigin('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood');
  await using gateway = await startGateway(config([bad, good]));
  for (let count = 0; count < 10; count++) {
    const reply = await rawExchange(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    assert.deepEqual(statuses(reply.text), [200]);
  }
  assert.ok(bad.connections.length > 0, 'the bad endpoint must have been tried, or nothing was tested');
});

test('when everything fails, retries stay within the budget of 20 %', async () => {
  await using one = await hostileOrigin(resetAfterHead);
  await using two = await hostileOrigin(resetAfterHead);
  const retry = { attempts: 5, budgetShare: 0.2, budgetMinPerSecond: 0, backoffBase: '0s', backoffMax: '0s' };
  await using gateway = await startGateway(config([one, two], retry));
  const requests = 300;
  for (let count = 0; count < requests; count++) {
    const reply = await rawExchange(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    assert.match(reply.text, /^HTTP\/1\.1 50[23] /);
  }
  const made = attempts([one, two]);
  assert.ok(made >= requests && made <= requests * 1.2 + 5, `${made} attempts for ${requests} requests`);
});

test('nothing is tried again after the first byte of a reply went to the client', async () => {
  const cutInBody: OriginScript = async (connection) => {
    await connection.head();
    connection.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    await connection.sleep(50);
    connection.reset();
  };
  await using one = await hostileOrigin(cutInBody);
  await using two = await hostileOrigin(cutInBody);
  await using gateway = await startGateway(config([one, two], { attempts: 5 }));
  const reply = await rawExchange(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal(reply.text.split('half').length, 2, JSON.stringify(reply.text));
  assert.notEqual(reply.ending, 'open');
  assert.equal(attempts([one, two]), 1);
});

test('the status of an origin is its answer: a 503 is not tried again unless asked for', async () => {
  const unavailable = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n';
  await using one = await hostileOrigin(unavailable);
  await using two = await hostileOrigin(unavailable);
  await using gateway = await startGateway(config([one, two]));
  const reply = await rawExchange(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.deepEqual(statuses(reply.text), [503]);
  assert.equal(attempts([one, two]), 1);
});
