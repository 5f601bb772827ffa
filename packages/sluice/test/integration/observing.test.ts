/** What a running gateway shows of itself: rates, the live tail, events with their reasons, and the way back to an earlier configuration. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { AdminClient } from '../../src/admin/client.ts';
import type { EventEntry } from '../../src/observe/event-entry.ts';
import type { PlanRecord } from '../../src/observe/plan-record.ts';
import type { TrafficSeries, TrafficSnapshot } from '../../src/observe/traffic.ts';
import { startSluice } from '../support/sluice-process.ts';
import { eventually } from '../support/waiting.ts';

async function startOrigin(t: TestContext): Promise<{ server: Server; address: string }> {
  const server = createServer((_request, response) => void response.end('ok'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function startSite(t: TestContext) {
  const [left, right] = [await startOrigin(t), await startOrigin(t)];
  const folder = await mkdtemp(join(tmpdir(), 'sluice-observing-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'sluice.config.json');
  const config = (path: string): object => ({
    listeners: { web: { http: '127.0.0.1:0' } },
    services: {
      app: {
        endpoints: [left.address, right.address],
        balance: 'round-robin',
        health: { http: '/', interval: '500ms', timeout: '500ms', fall: 2 },
      },
    },
    routes: [{ name: 'shop', path, to: 'app' }],
    admin: '127.0.0.1:0',
    workers: 2,
  });
  const write = (path: string): Promise<void> => writeFile(file, JSON.stringify(config(path)));
  await write('/shop/*');
  const running = await startSluice(t, ['up', '--config', file]);
  const client = new AdminClient(running.admin, null);
  const get = async <Answer>(path: string): Promise<Answer> => (await client.call({ method: 'GET', path })) as Answer;
  return { ...running, left, right, client, get, write };
}

test('rates, series and the tail show what goes through', async (t) => {
  const { get, client, url } = await startSite(t);
  await get('/api/traffic');
  const end = new AbortController();
  t.after(() => end.abort());
  const lines: string[] = [];
  void (async () => {
    for await (const { event, data } of client.events('/api/access?status=404&perSecond=10')) if (event === 'access') lines.push(data);
  })().catch(() => {});
  await eventually(5_000, 'the tail to show a request that matches', async () => {
    await (await fetch(`${url}/nowhere?token=s3cret`)).text();
    return lines.length > 0;
  });
  assert.ok(
    lines.every((line) => line.includes('"status":404') && !line.includes('s3cret')),
    lines.join('\n'),
  );
  /** When replies came. */
  const done: number[] = [];
  const load = setInterval(
    () =>
      void fetch(`${url}/shop/1`).then(
        async (reply) => {
          await reply.text();
          done.push(Date.now());
        },
        () => {},
      ),
    20,
  );
  t.after(() => clearInterval(load));
  let snapshot = await get<TrafficSnapshot>('/api/traffic');
  // However fast this machine is now: what the gateway shows is what came back to us.
  const seen = ({ at, windowSeconds }: TrafficSnapshot): number =>
    done.filter((when) => when > at - windowSeconds * 1_000 && when <= at).length / windowSeconds;
  await eventually(40_000, 'a window full of requests, with the rate of the replies', async () => {
    snapshot = await get<TrafficSnapshot>('/api/traffic');
    const rps = snapshot.services['app']?.rps ?? 0;
    return done.length >= 300 && Math.abs(rps - seen(snapshot)) <= 0.2 * seen(snapshot);
  });
  const app = snapshot.services['app']!;
  assert.equal(app.errorRps, 0);
  const shares = Object.values(app.endpoints).map(({ rps }) => rps);
  const half = app.rps / 2;
  assert.ok(shares.length === 2 && shares.every((rps) => Math.abs(rps - half) <= 0.25 * half), `each about ${half}: ${shares}`);
  assert.ok(snapshot.routes['shop']!.rps > app.rps * 0.9 && snapshot.routes['shop']!.services['app']! > app.rps * 0.9);
  assert.equal(snapshot.workers.length, 2);
  const series = await get<TrafficSeries>('/api/series?service=app&seconds=60');
  assert.ok(
    series.values['rps']!.some((rps) => rps !== null && rps > half),
    JSON.stringify(series),
  );
});

test('an endpoint that dies is told, with the reason', async (t) => {
  const { get, right } = await startSite(t);
  right.server.closeAllConnections();
  right.server.close();
  let found: EventEntry | undefined;
  await eventually(10_000, 'an event of the endpoint', async () => {
    const { items } = await get<{ items: EventEntry[] }>(`/api/events?q=${encodeURIComponent(right.address)}`);
    found = items.find(({ what }) => what === 'endpoint-down');
    return found !== undefined;
  });
  assert.match(String(found?.detail['reason']), /refused|reset|ECONN/i);
  const { services } = await get<TrafficSnapshot>('/api/traffic');
  assert.equal(services['app']?.state, 'degraded');
});

test('an earlier configuration comes back, until the next reload', async (t) => {
  const { get, client, url, write } = await startSite(t);
  const status = async (path: string): Promise<number> => (await fetch(url + path)).status;
  assert.equal(await status('/shop/1'), 200);
  const [first] = (await get<{ items: PlanRecord[] }>('/api/plans')).items;
  await write('/store/*');
  await client.call({ method: 'POST', path: '/api/reload', body: {} });
  assert.deepEqual([await status('/shop/1'), await status('/store/1')], [404, 200]);
  await client.call({ method: 'POST', path: `/api/plans/${first!.generation}/rollback`, body: {} });
  assert.deepEqual([await status('/shop/1'), await status('/store/1')], [200, 404]);
  const { items } = await get<{ items: PlanRecord[] }>('/api/plans');
  assert.equal(items.length, 3);
  assert.ok(items[0]!.isRunning && items[0]!.changes.some((change) => change.includes('shop')), JSON.stringify(items));
  await client.call({ method: 'POST', path: '/api/reload', body: {} });
  assert.deepEqual([await status('/shop/1'), await status('/store/1')], [404, 200]);
});
