import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { attribute, OtlpCollector } from '../../../test/support/otlp-collector.ts';
import { tlsMaterial } from '../../../test/support/tls-material.ts';
import type { OtlpPlan } from '../../config/otlp-plan.ts';
import type { SpanBatch } from '../../core/tracing/span-batch.ts';
import { attributeStart, SpanJson } from '../../core/tracing/span-json.ts';
import { Collector } from './collector.ts';

const NOW = 1_800_000_000_000;

test('a span arrives with its ids, times to the microsecond, attributes, error and resource', async (t) => {
  const { server, client } = await stage(t);
  assert.deepEqual(await client.sendSpans(items()), { end: 'taken', rejected: 0, reason: '' });
  const [request] = server.taken;
  assert.equal(request?.path, '/v1/traces');
  assert.equal(request?.headers['content-encoding'], 'gzip');
  assert.equal(request?.headers['x-key'], 'secret-of-the-vendor');
  assert.match(request?.headers['user-agent'] ?? '', /^sluice\/1\.2\.3$/);
  assert.equal(attribute(request?.resource ?? [], 'service.name'), 'edge');
  assert.equal(attribute(request?.resource ?? [], 'process.pid'), 7);
  const [span, attempt] = server.spans;
  assert.equal(span?.traceId, TRACE_ID);
  assert.equal(span?.parentSpanId, 'b7ad6b7169203331');
  assert.equal(span?.traceState, 'vendor=1');
  assert.equal(span?.kind, 2, 'SPAN_KIND_SERVER');
  assert.equal(span?.startTimeUnixNano, '1800000000000250000');
  assert.equal(span?.endTimeUnixNano, '1800000001999500000');
  assert.equal(attribute(span?.attributes ?? [], 'http.response.status_code'), 502);
  assert.equal(attribute(span?.attributes ?? [], 'sluice.sampled_for'), 'error');
  assert.deepEqual(span?.status, { code: 2, message: 'upstream-connect' });
  assert.equal(attempt?.parentSpanId, span?.spanId);
  assert.equal(attempt?.kind, 3, 'SPAN_KIND_CLIENT');
  assert.equal(attempt?.status.code, 0);
});

test('an event arrives as a log record: name, severity, and its reasons as attributes', async (t) => {
  const { server, client } = await stage(t);
  const detail = { service: 'web', share: 0.5, isLast: true, ratio: Number.NaN };
  await client.sendEvents([{ id: 1, at: NOW, level: 'warn', what: 'endpoint-down', detail }]);
  const [log] = server.logs;
  assert.equal(log?.eventName, 'endpoint-down');
  assert.deepEqual(log?.body, { stringValue: 'endpoint-down' });
  assert.equal(log?.severityNumber, 13);
  assert.equal(log?.severityText, 'WARN');
  const of = (key: string): unknown => attribute(log?.attributes ?? [], key);
  assert.deepEqual([of('service'), of('share'), of('isLast'), of('ratio'), of('event.name')], ['web', 0.5, true, 'NaN', 'endpoint-down']);
});

test('what a collector did not take of a batch is told', async (t) => {
  const { server, client } = await stage(t);
  server.mood = { reply: '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}' };
  assert.deepEqual(await client.sendSpans(items()), { end: 'taken', rejected: 1, reason: 'too old' });
});

test('400 is for good, and so is a redirect, which is not followed', async (t) => {
  const { server, client } = await stage(t);
  server.mood = { status: 400 };
  assert.deepEqual(await client.sendSpans(items()), { end: 'refused', reason: 'HTTP 400' });
  server.mood = { status: 302, headers: { location: `${server.url}/elsewhere` } };
  assert.deepEqual(await client.sendSpans(items()), { end: 'refused', reason: 'HTTP 302' });
  assert.equal(server.asked, 2);
});

test('429, 502, 503 and 504 are for later, when the collector says', async (t) => {
  const { server, client } = await stage(t);
  for (const status of [429, 502, 503, 504]) {
    server.mood = { status, headers: { 'retry-after': '120' } };
    assert.deepEqual(await client.sendSpans(items()), { end: 'away', reason: `HTTP ${status}`, afterMs: 120_000 });
  }
  assert.equal(server.asked, 4, 'the exporter does not wait for so long by itself');
});

test('a collector that never answers holds an export no longer than its time', async (t) => {
  const { server, client } = await stage(t);
  server.mood = 'hang';
  const start = performance.now();
  const delivery = await client.sendSpans(items());
  assert.equal(delivery.end, 'away');
  assert.ok(performance.now() - start < 2_500);
});

test('nobody listens: away, with the reason', async (t) => {
  const { client } = await stage(t, 'http://127.0.0.1:1');
  const delivery = await client.sendSpans(items());
  assert.equal(delivery.end, 'away');
  assert.match(delivery.reason, /ECONNREFUSED/);
});

test('an authority that cannot be read is for later, and named', async (t) => {
  const { client } = await stage(t, 'https://127.0.0.1:1', '/nowhere/ca.pem');
  const delivery = await client.sendSpans(items());
  assert.equal(delivery.end, 'away');
  assert.match(delivery.reason, /\/nowhere\/ca\.pem/);
});

test('TLS: the authority of the plan is believed, and without it the collector is not', async (t) => {
  using material = await tlsMaterial();
  const { certPem: cert, keyPem: key } = await material.leaf('otel', ['localhost']);
  await using server = await OtlpCollector.start(0, { cert, key });
  const url = `https://localhost:${server.port}`;
  const { client: trusting } = await stage(t, url, material.caFile);
  assert.equal((await trusting.sendSpans(items())).end, 'taken');
  const { client: doubting } = await stage(t, url);
  const delivery = await doubting.sendSpans(items());
  assert.equal(delivery.end, 'away');
  assert.match(delivery.reason, /certificate/);
  assert.equal(server.asked, 1);
});

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

/** Two spans, as workers write them. */
function items(): readonly SpanBatch[] {
  const json = new SpanJson();
  json.begin(TRACE_ID, '00f067aa0ba902b7', 'b7ad6b7169203331', true, 'vendor=1');
  json.describe('GET', 2, NOW + 0.25, NOW + 1_999.5);
  json.putNumber(attributeStart('http.response.status_code', 'int'), 502);
  json.put(attributeStart('sluice.sampled_for', 'string'), 'error');
  json.end('upstream-connect');
  const own = json.take();
  json.begin(TRACE_ID, '53995c3f42cd8ad8', '00f067aa0ba902b7', false, '');
  json.describe('attempt', 3, NOW + 1, NOW + 2);
  json.end('');
  return [own, json.take()];
}

async function stage(t: TestContext, url?: string, caFile: string | null = null): Promise<{ server: OtlpCollector; client: Collector }> {
  const server = await OtlpCollector.start();
  const plan: OtlpPlan = {
    url: url ?? server.url,
    headers: { 'x-key': 'secret-of-the-vendor' },
    caFile,
    timeoutMs: 500,
    compression: 'gzip',
    resource: { 'service.name': 'edge' },
    traces: true,
    metrics: null,
    logs: true,
    queueMax: 100,
  };
  const resource = { 'service.name': 'sluice', 'process.pid': 7 };
  const client = new Collector({ plan, version: '1.2.3', resource, wall: () => NOW });
  t.after(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });
  return { server, client };
}
