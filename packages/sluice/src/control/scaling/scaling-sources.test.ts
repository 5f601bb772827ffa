/** The loop over the real scaler, with signals from real servers, a real process and a real schedule. Its own time is the test's; that of the sources is not. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { endpointTable } from '../../core/balancing/endpoint-table.ts';
import type { ScalePolicyPlan, SignalPlan } from '../../core/scaling/policy.ts';
import { loadLastBegin } from '../../io/cron.ts';
import { SignalProcess } from '../../io/signal-process.ts';
import type { EventRecord } from '../../observe/events.ts';
import { MetricBoard } from '../../observe/metric-board.ts';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { type FakeScaledService, fakeScaledService, targetPolicy } from '../../../test/support/scaled-service.ts';
import { signalAsker } from './ask-signal.ts';
import { ScalingLoop } from './scaling-loop.ts';

async function setUp(t: TestContext, service: FakeScaledService, directory: string | null = null) {
  const runtime = manualRuntime();
  const table = endpointTable();
  const events: EventRecord[] = [];
  const functions = new SignalProcess();
  t.after(() => functions.close());
  const asked = new Set<Promise<unknown>>();
  const ask = signalAsker(functions);
  const loop = new ScalingLoop({
    runtime,
    table,
    board: new MetricBoard(1),
    say: (level, what, detail) => events.push({ level, what, detail }),
    fleet: () => ({ budget: { cpu: null, memoryBytes: null }, directory }),
    ask: (...question) => {
      const answer = ask(...question);
      asked.add(answer);
      return answer;
    },
    cron: loadLastBegin,
    rebalance: () => {},
  });
  t.after(() => loop[Symbol.asyncDispose]());
  await loop.follow([service], { listeners: {}, routes: {}, services: { [service.name]: 0 }, endpoints: {} });
  loop.start();
  /** Half a second of the loop's, and as much of ours as the sources take to answer. */
  const step = async (): Promise<void> => {
    runtime.advance(500);
    await Promise.allSettled(asked);
    asked.clear();
  };
  const untilWanted = async (wanted: number): Promise<void> => {
    for (let steps = 0; steps < 200 && service.wanted !== wanted; steps++) await step();
    assert.equal(service.wanted, wanted);
  };
  return { runtime, table, events, loop, functions, step, untilWanted };
}

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function scaledBy(signal: SignalPlan, target: number): ScalePolicyPlan {
  return { policy: 'target', name: signal.kind, signal, target, stableMs: 1_000, panic: null };
}

test('a number in a URL’s JSON, shared by the instances; away, nothing is taken; back, it counts again', async (t) => {
  let waiting: number | null = 95;
  const url = await serve(t, (_request, response) => {
    if (waiting === null) response.writeHead(503).end();
    else response.end(JSON.stringify({ queue: { waiting } }));
  });
  const signal: SignalPlan = { kind: 'url', url: `${url}/jobs?key=hidden`, pointer: '/queue/waiting', pollMs: 1_000, per: 'service' };
  const service = fakeScaledService('jobs', 1, { min: 1, scale: [scaledBy(signal, 10)] });
  const { events, loop, step, untilWanted } = await setUp(t, service);
  await untilWanted(10);
  waiting = null;
  for (let steps = 0; steps < 120; steps++) await step();
  assert.equal(service.wanted, 10);
  assert.equal(loop.lastDecision('jobs')?.answers[0]?.figure, null);
  const lost = events.filter(({ what }) => what === 'signal-lost');
  assert.deepEqual(
    lost.map(({ detail }) => detail['reason']),
    [`${url}/jobs answered 503`],
  );
  waiting = 25;
  await untilWanted(3);
});

test('a query of Prometheus is asked at its API, with what the URL has of its own', async (t) => {
  const asked: string[] = [];
  const url = await serve(t, (request, response) => {
    asked.push(`${request.headers.authorization} ${request.url}`);
    response.end('{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1795000000,"0.9"]}]}}');
  });
  const signal: SignalPlan = {
    kind: 'prometheus',
    url: url.replace('//', '//me:pass@'),
    query: 'avg(load)',
    pollMs: 2_000,
    per: 'instance',
  };
  const service = fakeScaledService('web', 2, { min: 1, scale: [scaledBy(signal, 0.5)] });
  const { untilWanted } = await setUp(t, service);
  await untilWanted(4);
  assert.equal(asked[0], `Basic ${Buffer.from('me:pass').toString('base64')} /api/v1/query?query=avg%28load%29&timeout=1000ms`);
});

test('a function of the configuration is told of its service', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-signal-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'sluice.config.ts');
  writeFileSync(path, 'export default { load: ({ inflight, service }: any) => (service === "web" ? inflight * 2 : 0) };');
  const signal: SignalPlan = { kind: 'function', key: ['load'], pollMs: 1_000, per: 'service' };
  const service = fakeScaledService('web', 1, { min: 1, scale: [scaledBy(signal, 10)] });
  const { table, functions, untilWanted } = await setUp(t, service);
  functions.follow(path);
  table.serviceInflight[0] = 25;
  await untilWanted(5);
});

test('a schedule holds its minimum from its begin on', async (t) => {
  const schedule: ScalePolicyPlan = {
    policy: 'schedule',
    name: 'morning',
    cron: '0 8 * * *',
    zone: 'UTC',
    min: 4,
    max: null,
    forMs: 3_600_000,
  };
  const service = fakeScaledService('web', 1, { min: 1, scale: [targetPolicy('in-flight', 20), schedule] });
  const { runtime } = await setUp(t, service);
  const midnight = 86_400_000;
  const toEight = midnight - (runtime.clock.wall() % midnight) + 8 * 3_600_000;
  runtime.advance(toEight - 1_500);
  assert.equal(service.wanted, 1);
  runtime.advance(2_000);
  assert.equal(service.wanted, 4);
  runtime.advance(3_600_000);
  assert.equal(service.wanted, 1);
});

test('what a forecast is made from is kept at the end, and found by the next life', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-forecast-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const policy: ScalePolicyPlan = { policy: 'predict', name: 'daily', shape: 'daily', target: 10, leadMs: 600_000, quantile: 0.9 };
  const first = await setUp(t, fakeScaledService('web', 1, { min: 1, scale: [policy] }), directory);
  first.table.serviceInflight[0] = 7;
  first.runtime.advance(300_000);
  await first.loop[Symbol.asyncDispose]();
  const path = join(directory, 'forecast', 'web.json');
  assert.match(readFileSync(path, 'utf8'), /,null(?:,7){5}\]/);
  const second = await setUp(t, fakeScaledService('web', 1, { min: 1, scale: [policy] }), directory);
  second.table.serviceInflight[0] = 9;
  second.runtime.advance(600_000);
  await second.loop[Symbol.asyncDispose]();
  assert.match(readFileSync(path, 'utf8'), /,null(?:,7){4,5}(?:,9){4,}\]/);
  assert.deepEqual(
    [...first.events, ...second.events].filter(({ what }) => what === 'forecast-history'),
    [],
  );
});
