/** Alerts in the real program: an endpoint that dies and comes back, a sink that hangs, a reload. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { AlertStatus } from '../../src/observe/alert-status.ts';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { eventually } from '../support/waiting.ts';

const WAIT_MS = 15_000;

async function listening(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

const origin = (): Server => createServer((_, response) => response.end('ok'));

/** A webhook that keeps what it gets. */
function webhook(): { readonly server: Server; readonly bodies: string[] } {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      bodies.push(body);
      response.end();
    });
  });
  return { server, bodies };
}

type Sinks = Exclude<NonNullable<GatewayConfig['alerts']>, false>['sinks'];

function config(originPort: number, sinks: Sinks): GatewayConfig {
  return {
    services: { shop: { endpoints: [`127.0.0.1:${originPort}`], health: { tcp: true, interval: '100ms', timeout: '100ms' } } },
    routes: [{ path: '/*', to: 'shop' }],
    workers: 1,
    alerts: {
      every: '1s',
      group: { wait: '0s' },
      rules: { 'no-healthy-endpoint': { metric: 'alert_service_endpoints_usable', below: 1, severity: 'critical' } },
      sinks,
    },
  };
}

async function alerts(gateway: Gateway): Promise<readonly AlertStatus[]> {
  const response = await gateway.admin('/api/alerts');
  return ((await response.json()) as { readonly items: readonly AlertStatus[] }).items;
}

const statesOf = (bodies: readonly string[]): readonly string[] =>
  bodies.map((body) => String((JSON.parse(body) as { status: unknown }).status));

test('an endpoint that dies is told to a webhook beside one that hangs, a reload forgets nothing, and its return is told once', async () => {
  let service = origin();
  const originPort = await listening(service);
  const { server, bodies } = webhook();
  const hangs = createServer(() => {});
  const [hookPort, hangPort] = [await listening(server), await listening(hangs)];
  const sinks = { stuck: { webhook: `http://127.0.0.1:${hangPort}/`, timeout: '1m' }, ops: { webhook: `http://127.0.0.1:${hookPort}/` } };
  await using gateway = await startGateway(config(originPort, sinks));
  try {
    assert.equal((await fetch(`http://127.0.0.1:${gateway.port}/`)).status, 200);
    await closed(service);
    await eventually(WAIT_MS, 'the webhook is told', () => bodies.length > 0);
    assert.deepEqual(statesOf(bodies), ['firing']);
    assert.match(bodies[0]!, /no-healthy-endpoint/);
    assert.match(bodies[0]!, /shop/);

    const [before] = await alerts(gateway);
    assert.equal(before?.state, 'firing');
    assert.deepEqual(before.labels, { service: 'shop' });
    await gateway.reload({ ...config(originPort, sinks), drainTimeout: '1s' });
    const [after] = await alerts(gateway);
    assert.equal(after?.since, before.since);

    service = origin();
    await listening(service, originPort);
    await eventually(WAIT_MS, 'the webhook is told that it is over', () => bodies.length > 1);
    assert.deepEqual(statesOf(bodies), ['firing', 'resolved']);
    assert.match(gateway.output(), /alert-firing .*rule=no-healthy-endpoint/);
    assert.match(gateway.output(), /alert-resolved .*rule=no-healthy-endpoint/);
  } finally {
    await Promise.all([closed(service), closed(server), closed(hangs)]);
  }
});
