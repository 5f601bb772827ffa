/** Alerts in the real program: an endpoint that dies and comes back, a sink that hangs, a reload; the commands; a service that takes its time to start. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { SILENCES_MAX } from '../../src/core/alerting/silences.ts';
import { freePort } from '../../src/io/ports.ts';
import type { AlertRuleStatus, AlertStatus, SilenceStatus } from '../../src/observe/alert-status.ts';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { runSluice } from '../support/sluice-process.ts';
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

interface Listed {
  readonly alerts: readonly AlertStatus[];
  readonly silences: readonly SilenceStatus[];
}

test('sluice alert lists, explains, silences, unsilences and tests, for people and as JSON', async () => {
  const { server, bodies } = webhook();
  const hookPort = await listening(server);
  const sinks = {
    ops: { webhook: `http://127.0.0.1:${hookPort}/` },
    gone: { webhook: `http://127.0.0.1:${await freePort('127.0.0.1')}/` },
  };
  await using gateway = await startGateway(config(await freePort('127.0.0.1'), sinks));
  const alert = async (...words: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> =>
    await runSluice(['alert', ...words, '--admin', `127.0.0.1:${gateway.adminPort}`]);
  const listed = async (): Promise<Listed> => JSON.parse((await alert('list', '--json')).output) as Listed;
  try {
    await eventually(WAIT_MS, 'both sinks have been tried', async () => (await alerts(gateway))[0]?.told.length === 2);
    const [fires] = (await listed()).alerts;
    assert.deepEqual([fires?.rule, fires?.state, fires?.labels], ['no-healthy-endpoint', 'firing', { service: 'shop' }]);
    const list = await alert('list');
    assert.equal(list.code, 0);
    assert.match(list.output, /^no-healthy-endpoint +firing +critical +service=shop /m);
    assert.match(list.output, /^ {2}ops \(webhook\): told firing at /m);
    assert.match(list.output, /^ {2}gone \(webhook\): not told at .*ECONNREFUSED/m);

    const rules = JSON.parse((await alert('rules', '--json')).output) as readonly AlertRuleStatus[];
    assert.deepEqual(
      rules.filter(({ state }) => state === 'firing').map(({ name }) => name),
      ['no-healthy-endpoint'],
    );
    assert.match(
      (await alert('rules')).output,
      /^spans-dropped {2}info {2}ok\n {2}when {2}sluice_spans_total\{outcome="dropped"\} per second over 5m > 0$/m,
    );

    const silenced = await alert('silence', '--match', 'service=~sh.*', '--for', '2h', '--comment', 'moving the database');
    const [, id = ''] = /^silence (\w+) until /.exec(silenced.output) ?? [];
    const quiet = await listed();
    assert.equal(quiet.alerts[0]?.silencedBy, id);
    assert.deepEqual(
      quiet.silences.map(({ match, comment }) => [match, comment]),
      [[{ service: '~sh.*' }, 'moving the database']],
    );
    assert.match((await alert('list')).output, /firing \(silenced\)/);
    assert.match((await alert('unsilence', id)).output, new RegExp(`^silence ${id} has ended$`, 'm'));
    assert.equal((await listed()).alerts[0]?.silencedBy, null);
    const again = await alert('unsilence', id);
    assert.equal(again.code, 1);
    assert.match(again.output, new RegExp(id));

    const tested = await alert('test');
    assert.equal(tested.code, 1);
    assert.match(tested.output, /^ops: arrived$/m);
    assert.match(tested.output, /^gone: .*ECONNREFUSED/m);
    assert.match(tested.output, /1 of 2 sinks did not take the test alert/);
    assert.ok(
      bodies.some((body) => body.includes('"alertname":"test"')),
      'it has arrived',
    );
    assert.equal((await alert('test', '--sink', 'ops')).code, 0);
    assert.match((await alert('test', '--sink', 'nobody')).output, /no alert sink "nobody"/);

    const metrics = await (await gateway.admin('/metrics')).text();
    assert.match(metrics, /^sluice_alert_notices_total\{sink="ops",outcome="told"\} [1-9]/m);
    assert.match(metrics, /^sluice_alert_notices_total\{sink="gone",outcome="told"\} 0$/m);
    assert.match(metrics, /^sluice_alert_notices_total\{sink="gone",outcome="retried"\} [1-9]/m);
  } finally {
    await closed(server);
  }
});

test('a silence that cannot be is refused with the reason, and so is one above the limit', async () => {
  await using gateway = await startGateway(config(await freePort('127.0.0.1'), {}));
  const silence = async (match: object): Promise<readonly [status: number, text: string]> => {
    const headers = { 'content-type': 'application/json' };
    const reply = await gateway.admin('/api/silences', { method: 'POST', headers, body: JSON.stringify({ match, for: '1h' }) });
    return [reply.status, await reply.text()];
  };
  const [status, text] = await silence({ service: '~shop(' });
  assert.equal(status, 400, text);
  assert.match(text, /shop\(.* is not RE2 syntax/);
  for (let made = 0; made < SILENCES_MAX; made++) assert.equal((await silence({ service: `s${made}` }))[0], 200);
  const [full, reason] = await silence({ service: 'one-more' });
  assert.equal(full, 400, reason);
  assert.match(reason, /there are 200 silences, which is the limit: end one first/);
});

test('a service whose instances are still starting is no outage; when they should have been ready, it is', async () => {
  const { alerts: settings } = config(0, {});
  await using gateway = await startGateway({
    services: {
      slow: { run: { command: [process.execPath, '-e', 'setInterval(() => {}, 1000)'], ready: { tcp: true, within: '5s' } }, replicas: 1 },
      dead: { endpoints: [`127.0.0.1:${await freePort('127.0.0.1')}`], health: { tcp: true, interval: '100ms', timeout: '100ms' } },
    },
    routes: [
      { path: '/slow/*', to: 'slow' },
      { path: '/*', to: 'dead' },
    ],
    workers: 1,
    alerts: settings,
  });
  const since = async (service: string): Promise<number | undefined> =>
    (await alerts(gateway)).find(({ labels, state }) => labels['service'] === service && state === 'firing')?.since;
  await eventually(WAIT_MS, 'what is dead is told', async () => (await since('dead')) !== undefined);
  assert.equal(await since('slow'), undefined, 'what starts is not');
  await eventually(2 * WAIT_MS, 'it should have been ready', async () => (await since('slow')) !== undefined);
  const laterMs = ((await since('slow')) ?? 0) - ((await since('dead')) ?? 0);
  assert.ok(laterMs >= 2_000, `not before its time was up: ${laterMs} ms later`);
});
