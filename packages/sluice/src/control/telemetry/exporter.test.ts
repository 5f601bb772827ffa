import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { OtlpCollector } from '../../../test/support/otlp-collector.ts';
import type { OtlpPlan } from '../../config/otlp-plan.ts';
import type { SpanBatch } from '../../core/tracing/span-batch.ts';
import { SpanJson } from '../../core/tracing/span-json.ts';
import { nodeRuntime } from '../../io/node-runtime.ts';
import { TelemetryExporter } from './exporter.ts';

test('without a plan there is no timer, nothing waits, and the end is at once', async () => {
  const runtime = manualRuntime();
  const exporter = new TelemetryExporter({ runtime, say: () => assert.fail('nothing is said'), version: '1', resource: {} });
  exporter.follow(null);
  exporter.traced([trace(1)], 0);
  exporter.heard({ id: 1, at: 0, level: 'info', what: 'started', detail: {} });
  assert.equal(runtime.waiting, 0);
  await exporter[Symbol.asyncDispose]();
});

test('what waits for a collector goes to the one that the next plan names, each span once, and the same plan again changes nothing', async () => {
  await using first = await OtlpCollector.start();
  await using second = await OtlpCollector.start();
  const said: string[] = [];
  const exporter = new TelemetryExporter({ runtime: nodeRuntime, say: (_level, what) => said.push(what), version: '1', resource: {} });
  exporter.follow(plan(first.url));
  exporter.traced([trace(1), trace(2)], 3);
  exporter.follow(plan(first.url));
  exporter.follow(plan(second.url));
  await exporter[Symbol.asyncDispose]();
  assert.equal(first.asked, 0);
  assert.deepEqual(
    second.spans.map(({ spanId }) => spanId),
    ['0000000000000001', '0000000000000002'],
  );
  assert.deepEqual(exporter.counts.traces, { exported: 2, dropped: 3, failed: 0 }, 'what workers dropped is dropped');
  assert.deepEqual(said, []);
});

test('an export that is turned off drops what waits, and counts it', async () => {
  await using collector = await OtlpCollector.start();
  const exporter = new TelemetryExporter({ runtime: nodeRuntime, say: () => {}, version: '1', resource: {} });
  exporter.follow(plan(collector.url));
  exporter.traced([trace(1)], 0);
  exporter.follow(null);
  assert.deepEqual(exporter.counts.traces, { exported: 0, dropped: 1, failed: 0 });
  await exporter[Symbol.asyncDispose]();
  assert.equal(collector.asked, 0);
});

function trace(number: number): SpanBatch {
  const id = String(number);
  const json = new SpanJson();
  json.begin(id.padStart(32, '0'), id.padStart(16, '0'), '', false, '');
  json.describe('GET', 2, 1, 2);
  json.end('');
  return json.take();
}

function plan(url: string): OtlpPlan {
  const common = { headers: {}, caFile: null, timeoutMs: 1_000, compression: 'none', resource: {}, traces: true, metrics: null } as const;
  return { url, ...common, logs: false, queueMax: 100 };
}
