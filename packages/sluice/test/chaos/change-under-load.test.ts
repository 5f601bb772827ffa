/** Changes under continuous load cost no request: reloads, a drained endpoint, an instance killed with -9, drains of connections. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GatewayConfig, startGateway } from '../support/gateway.ts';
import { type Instance, startInstance, startInstanceProcess } from '../support/instances.ts';
import { describeFailures, startSteadyLoad } from '../support/steady-load.ts';
import { within } from '../support/waiting.ts';
import { startWrk, type WrkCounts } from '../support/wrk-load.ts';

const LIMIT = { timeout: 60_000 };

function config(instances: readonly Instance[], change: Partial<GatewayConfig> = {}): GatewayConfig {
  return {
    services: { web: { endpoints: instances.map((each) => each.address) } },
    routes: [{ path: '/*', to: 'web' }],
    workers: 2,
    ...change,
  };
}

function assertNoComplaint(counts: WrkCounts): void {
  assert.deepEqual(counts.complaints, [], `wrk, ${counts.requests} requests`);
  assert.ok(counts.requests > 0, 'wrk must have sent something');
}

test('50 reloads that change routes, services and settings: no failed request', LIMIT, async () => {
  await using one = await startInstance('one');
  await using two = await startInstance('two');
  await using gateway = await startGateway(config([one, two]));
  const load = startSteadyLoad({ port: gateway.port, connections: 16, reuse: (lane) => lane % 4 !== 0 });
  const wrk = startWrk(gateway.port, 8);
  for (let round = 0; round < 50; round++) {
    const service = { endpoints: round % 2 === 0 ? [one.address] : [one.address, two.address] };
    const algorithm = (['round-robin', 'p2c', 'least-connections'] as const)[round % 3]!;
    await gateway.reload(
      config([], {
        services: { web: { ...service, balance: algorithm }, [`extra${round}`]: service },
        routes: [
          { path: '/*', to: 'web' },
          { path: `/extra/${round}/*`, to: `extra${round}` },
        ],
      }),
    );
    await within(5000, 'requests go on', load.more(40));
  }
  assertNoComplaint(await wrk.stop());
  const counts = await load.stop();
  assert.equal(counts.failures.length, 0, describeFailures(counts));
  assert.ok(one.served() > 0 && two.served() > 0);
});

test('a wrong configuration is refused and the old one runs on: no failed request', LIMIT, async () => {
  await using one = await startInstance('one');
  await using gateway = await startGateway(config([one]));
  const load = startSteadyLoad({ port: gateway.port, connections: 8 });
  await assert.rejects(gateway.reload(config([one], { routes: [{ path: '/*', to: 'nowhere' }] })), /nowhere/);
  await within(5000, 'requests go on', load.more(500));
  const counts = await load.stop();
  assert.equal(counts.failures.length, 0, describeFailures(counts));
});

test('a draining endpoint finishes and takes nothing new: no failed request', LIMIT, async () => {
  await using one = await startInstance('one', () => 5);
  await using two = await startInstance('two', () => 5);
  await using gateway = await startGateway(config([one, two]));
  const load = startSteadyLoad({ port: gateway.port, connections: 16 });
  const wrk = startWrk(gateway.port, 8);
  await within(5000, 'both serve', load.more(200));
  assert.ok(one.served() > 0 && two.served() > 0);
  const answer = await gateway.admin(`/api/services/web/endpoints/${encodeURIComponent(one.address)}/drain`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  assert.ok(answer.ok, `${answer.status} ${await answer.text()}`);
  await sleep(100);
  const before = one.served();
  await within(5000, 'requests go on', load.more(300));
  assertNoComplaint(await wrk.stop());
  const counts = await load.stop();
  assert.equal(one.served(), before, 'the drained endpoint must get nothing new');
  assert.equal(counts.failures.length, 0, describeFailures(counts));
});

test('one of three instances killed with -9: no failed idempotent request', LIMIT, async () => {
  await using one = await startInstanceProcess('one');
  await using two = await startInstanceProcess('two');
  await using three = await startInstanceProcess('three');
  const health = { http: '/', interval: '200ms' };
  await using gateway = await startGateway(
    config([], { services: { web: { endpoints: [one.address, two.address, three.address], health } } }),
  );
  const load = startSteadyLoad({ port: gateway.port, connections: 16 });
  const wrk = startWrk(gateway.port, 8);
  await within(10_000, 'all serve', load.more(600));
  await two.kill();
  await within(10_000, 'requests go on', load.more(3000));
  assertNoComplaint(await wrk.stop());
  const counts = await load.stop();
  assert.equal(counts.failures.length, 0, describeFailures(counts));
});

test(
  '12,000 requests over 25 reloads that change the listener, half on fresh and half on reused connections: none lost',
  LIMIT,
  async () => {
    await using one = await startInstance('one');
    await using gateway = await startGateway(config([one]));
    const load = startSteadyLoad({ port: gateway.port, connections: 16, reuse: (lane) => lane % 2 === 0, pauseMs: 2 });
    for (let round = 0; round < 25; round++) {
      const listener = {
        connectionsMax: 5000 + round,
        timeouts: { keepAlive: `${30 + round}s` },
        forwarding: { via: round % 2 === 0 ? 'one' : 'two' },
        mergeSlashes: round % 2 === 0,
      };
      await gateway.reload(config([one], { listener }));
      await within(10_000, 'requests go on', load.more(480));
    }
    const counts = await load.stop();
    assert.ok(counts.requests >= 12_000, `only ${counts.requests}`);
    assert.equal(counts.failures.length, 0, describeFailures(counts));
  },
);

test('SIGTERM: requests in flight finish, their replies announce the close, and the exit code is 0', LIMIT, async () => {
  await using one = await startInstance('one', () => 300);
  await using gateway = await startGateway(config([one]));
  const load = startSteadyLoad({ port: gateway.port, connections: 8 });
  await within(5000, 'requests run', load.more(8));
  await sleep(100);
  gateway.signal('SIGTERM');
  assert.equal(await within(10_000, 'the gateway ends', gateway.exited), 0);
  const counts = await load.stop();
  const cut = counts.failures.filter((each) => each.reason !== 'ECONNREFUSED' && each.reason !== 'ECONNRESET');
  assert.deepEqual(cut, [], describeFailures(counts));
  assert.ok(counts.bodies.get('one')! >= 16, 'the requests that were in flight must have been answered');
});
