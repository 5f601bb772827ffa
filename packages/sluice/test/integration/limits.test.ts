/** Limits through the real program beyond `resilience.test.ts`: adaptive concurrency, bounded connections, and clients that try to open a breaker. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { type MoodyOrigin, startMoodyOrigins } from '../support/moody-origin.ts';
import { rawExchange, statuses } from '../support/raw-exchange.ts';

type ServiceConfig = NonNullable<GatewayConfig['services']>[string];

async function startWith(context: TestContext, origins: readonly MoodyOrigin[], service: Partial<ServiceConfig>): Promise<Gateway> {
  const web = { endpoints: origins.map(({ address }) => address), outlier: false, ...service } as ServiceConfig;
  const gateway = await startGateway({ services: { web }, routes: [{ path: '/*', to: 'web' }], workers: 2 });
  context.after(() => gateway[Symbol.asyncDispose]());
  return gateway;
}

async function get(gateway: Gateway): Promise<{ readonly status: number; readonly retryAfter: string | null }> {
  const response = await fetch(`http://127.0.0.1:${gateway.port}/`, {
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(10_000),
  });
  await response.arrayBuffer();
  return { status: response.status, retryAfter: response.headers.get('retry-after') };
}

test(
  'adaptive concurrency: a service that grows slow gets less, and the rest is told when to come again',
  { timeout: 30_000 },
  async (t) => {
    const origins = await startMoodyOrigins(t, 1);
    const origin = origins[0]!;
    const gateway = await startWith(t, origins, {
      limits: { adaptive: { initial: 40, min: 4, max: 60 }, queueMax: 0, retryAfter: '3s' },
      retry: false,
    });
    const tally = { ok: 0, shed: 0 };
    let isOver = false;
    const clients = Array.from({ length: 30 }, async () => {
      while (!isOver) {
        const { status, retryAfter } = await get(gateway);
        if (status === 200) tally.ok++;
        else {
          assert.deepEqual([status, retryAfter], [503, '3']);
          tally.shed++;
          await sleep(20);
        }
      }
    });
    origin.delayMs = 50;
    await sleep(3_000);
    const before = { ...tally };
    origin.delayMs = 500;
    const until = performance.now() + 12_000;
    while (tally.shed < before.shed + 20 && performance.now() < until) await sleep(100);
    isOver = true;
    await Promise.all(clients);
    assert(before.ok > 200 && before.shed === 0, `all pass while it is quick: ${JSON.stringify(before)}`);
    assert(tally.shed >= 20, `some are refused when it is slow: ${JSON.stringify(tally)}`);
  },
);

test(
  'a bound on connections over two workers and two endpoints: nobody waits for one that is idle elsewhere',
  { timeout: 30_000 },
  async (t) => {
    const origins = await startMoodyOrigins(t, 2);
    const gateway = await startWith(t, origins, { limits: { connectionsMax: 2 }, balance: 'round-robin', pool: { waitTimeout: '2s' } });
    for (let count = 0; count < 24; count++) assert.equal((await get(gateway)).status, 200, `request ${count}`);
    assert(origins.every(({ requests }) => requests > 0));
  },
);

test('denial of service by nonsense: requests that break off or lie open no breaker', { timeout: 30_000 }, async (t) => {
  const origins = await startMoodyOrigins(t, 1);
  const gateway = await startWith(t, origins, { limits: { breaker: { requestVolume: 5, failureShare: 0.1, open: '10s' } }, retry: false });
  origins[0]!.delayMs = 50;
  for (let count = 0; count < 20; count++) {
    const { text } = await rawExchange(
      gateway.port,
      ['POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', 5, 'nonsense\r\n\r\n'],
      { waitMs: 1_000 },
    );
    assert.deepEqual(statuses(text), [400]);
  }
  for (let count = 0; count < 20; count++)
    await rawExchange(gateway.port, ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 2], { reset: true, waitMs: 50 });
  await sleep(1_500); // longer than the breaker's loop takes to look
  assert.equal((await get(gateway)).status, 200);
  assert(!gateway.output().includes('breaker-opened'));
});
