/** Export by OTLP from the program as it runs: what a collector holds is what clients did. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { freePort } from '../../src/io/ports.ts';
import { attribute, OtlpCollector, type OtlpMetric, TAKES } from '../support/otlp-collector.ts';
import { type Running, startSluice } from '../support/sluice-process.ts';

const REQUESTS = 40;

test('the requests that a collector counts are those that were sent, and buckets and sum agree with them', async (t) => {
  const { collector, running } = await stage(t);
  await ask(running.url, REQUESTS);
  const isCounted = (): boolean => value(metric(collector, 'sluice_service_requests_total'), 'code', '2xx') === REQUESTS;
  await collector.until('all requests are counted', isCounted);
  assert.equal(value(metric(collector, 'sluice_requests_total'), 'code', '2xx'), REQUESTS);
  const requests = metric(collector, 'sluice_service_requests_total')?.sum;
  assert.equal(requests?.isMonotonic, true);
  assert.equal(requests?.aggregationTemporality, 2, 'cumulative');
  const duration = metric(collector, 'sluice_service_request_duration_seconds');
  const point = duration?.histogram?.dataPoints[0];
  assert.equal(duration?.unit, 's');
  assert.equal(point?.count, REQUESTS);
  assert.equal(
    point?.bucketCounts?.reduce((sum, count) => sum + count, 0),
    REQUESTS,
  );
  assert.equal(point?.bucketCounts?.length, (point?.explicitBounds?.length ?? 0) + 1);
  assert.ok(point?.sum !== undefined && point.sum > 0 && point.sum < 60);
  assert.equal(metric(collector, 'sluice_workers')?.gauge?.dataPoints[0]?.asDouble, 1);
  const { resource } = collector.taken[0]!;
  assert.equal(attribute(resource, 'service.name'), 'sluice');
  assert.equal(attribute(resource, 'process.pid'), running.sluice.child.pid);
  assert.equal(attribute(resource, 'deployment.environment.name'), 'test');
});

test('each request is a trace of the client’s, with the attempt at the service below it', async (t) => {
  const { collector, running } = await stage(t);
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  await ask(running.url, 1, { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
  await collector.until('the spans are there', () => collector.spans.length >= 2);
  const server = collector.spans.find(({ kind }) => kind === 2);
  const client = collector.spans.find(({ kind }) => kind === 3);
  assert.equal(server?.traceId, traceId);
  assert.equal(server?.parentSpanId, 'b7ad6b7169203331');
  assert.equal(client?.traceId, traceId);
  const ids = new Set(collector.spans.map(({ spanId }) => spanId));
  assert.ok(ids.has(client?.parentSpanId ?? ''), 'its parent is one of ours');
  assert.ok(BigInt(server?.endTimeUnixNano ?? 0) >= BigInt(client?.endTimeUnixNano ?? 0));
});

test('a collector that is away is said once, what happens meanwhile waits, and all of it arrives when it is back', async (t) => {
  const port = await freePort('127.0.0.1');
  const { running } = await stage(t, port);
  await ask(running.url, REQUESTS);
  await running.sluice.line(/otlp-away .*signal=traces/);
  await using collector = await OtlpCollector.start(port);
  const roots = (): number => collector.spans.filter(({ kind }) => kind === 2).length;
  await collector.until('the spans of all requests arrived', () => roots() >= REQUESTS);
  assert.equal(roots(), REQUESTS, 'each once');
  await running.sluice.line(/otlp-back .*signal=traces.*lost=0/);
  assert.equal(running.sluice.lines.filter((line) => /otlp-away .*signal=traces/.test(line)).length, 1);
});

test('what waits is sent when the program ends, and a collector that hangs holds the end two seconds at most', async (t) => {
  const { collector, running } = await stage(t);
  await ask(running.url, 3);
  running.sluice.signal('SIGTERM');
  await running.sluice.ended;
  assert.ok(
    collector.logs.some(({ eventName }) => eventName === 'stopping'),
    'the last event is there',
  );
  assert.equal(value(metric(collector, 'sluice_requests_total'), 'code', '2xx'), 3, 'and the last metrics');
  const hung = await stage(t);
  hung.collector.mood = 'hang';
  await ask(hung.running.url, 3);
  const start = performance.now();
  hung.running.sluice.signal('SIGTERM');
  assert.equal((await hung.running.sluice.ended).code, 0);
  assert.ok(performance.now() - start < 5_000);
  assert.match(hung.running.sluice.output, /otlp-lost/);
});

test('a collector that refuses with 400 is said once, with its answer, and is not asked for the same again', async (t) => {
  const { collector, running } = await stage(t);
  collector.mood = { status: 400 };
  await ask(running.url, 2);
  await running.sluice.line(/otlp-refused .*signal=traces .*HTTP 400/);
  collector.mood = TAKES;
  await ask(running.url, 5);
  const roots = (): number => collector.spans.filter(({ kind }) => kind === 2).length;
  await collector.until('later ones are taken', () => roots() >= 5);
});

test('without the packages, the remedy is said once, and everything else runs: spans need none', async (t) => {
  const hooks = `import{registerHooks}from'node:module';registerHooks({resolve(name,context,next){if(name.startsWith('@opentelemetry/'))throw Object.assign(new Error("Cannot find package '"+name+"'"),{code:'ERR_MODULE_NOT_FOUND'});return next(name,context)}})`;
  const options = `--import data:text/javascript,${encodeURIComponent(hooks)}`;
  const check = spawnSync(process.execPath, ['-e', "import('@opentelemetry/api').catch(()=>console.log('refused'))"], {
    env: { ...process.env, NODE_OPTIONS: options },
    encoding: 'utf8',
  });
  assert.equal(check.stdout.trim(), 'refused', check.stderr);
  const { collector, running } = await stage(t, undefined, { NODE_OPTIONS: options });
  await running.sluice.line(/otlp-unavailable .*npm install @opentelemetry\/api/);
  await ask(running.url, 5);
  await collector.until('the spans are there', () => collector.spans.filter(({ kind }) => kind === 2).length === 5);
  running.sluice.signal('SIGTERM');
  assert.equal((await running.sluice.ended).code, 0);
  assert.deepEqual(
    running.sluice.lines.filter((line) => line.includes(' otlp-')).map((line) => /otlp-\w+/.exec(line)?.[0]),
    ['otlp-unavailable'],
    running.sluice.output,
  );
});

async function ask(url: string, count: number, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  for (let index = 0; index < count; index++) {
    const reply = await fetch(`${url}/item/${index}`, { headers });
    assert.equal(reply.status, 200);
    await reply.text();
  }
}

/** As collected last. */
function metric(collector: OtlpCollector, name: string): OtlpMetric | undefined {
  return collector.taken.findLast(({ metrics }) => metrics.length > 0)?.metrics.find((one) => one.name === name);
}

/** Over all series with this label. */
function value(one: OtlpMetric | undefined, label: string, wanted: string): number | undefined {
  return one?.sum?.dataPoints
    .filter(({ attributes }) => attribute(attributes, label) === wanted)
    .reduce((sum, { asDouble = 0 }) => sum + asDouble, 0);
}

interface Stage {
  readonly collector: OtlpCollector;
  readonly running: Running;
}

/** @param port Where the collector is said to be; without it, where it is. */
async function stage(t: TestContext, port?: number, env: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-otlp-'));
  const origin = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const collector = await OtlpCollector.start();
  t.after(async () => {
    origin.closeAllConnections();
    origin.close();
    await collector[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  const config = join(folder, 'sluice.json');
  writeFileSync(
    config,
    JSON.stringify({
      listeners: { web: { http: `127.0.0.1:${await freePort('127.0.0.1')}` } },
      admin: '127.0.0.1:0',
      services: { shop: { endpoints: [`127.0.0.1:${(origin.address() as AddressInfo).port}`] } },
      routes: [{ path: '/*', to: 'shop' }],
      workers: 1,
      tracing: { sample: 1 },
      otlp: {
        url: `http://127.0.0.1:${port ?? collector.port}`,
        timeout: '1s',
        metrics: { every: '1s' },
        logs: true,
        resource: { 'deployment.environment.name': 'test' },
      },
    }),
  );
  return { collector, running: await startSluice(t, ['up', '--config', config], { env }) };
}
