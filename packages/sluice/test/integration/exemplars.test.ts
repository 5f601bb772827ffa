/** From a bucket of the latency histogram to the trace of one of its requests, through the programs that are used for it: Prometheus keeps the exemplar, the collector has its trace. */
import { equal, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import { OtlpCollector } from '../support/otlp-collector.ts';
import { startPrometheus } from '../support/prometheus.ts';
import { eventually } from '../support/waiting.ts';

const REQUESTS = 20;
const skip = spawnSync('prometheus', ['--version']).error === undefined ? false : 'needs prometheus';

interface ExemplarSeries {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: string; readonly timestamp: number }[];
}

test('an exemplar that Prometheus stores names a trace that the collector has', { skip, timeout: 90_000 }, async (t) => {
  const origin = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  t.after(() => {
    origin.closeAllConnections();
    origin.close();
  });
  await using collector = await OtlpCollector.start();
  await using gateway = await startGateway({
    services: { shop: { endpoints: [`127.0.0.1:${(origin.address() as AddressInfo).port}`] } },
    routes: [{ path: '/*', to: 'shop' }],
    workers: 1,
    tracing: { sample: 1 },
    otlp: { url: collector.url },
  });
  await using prometheus = await startPrometheus(`127.0.0.1:${gateway.adminPort}`, ['--enable-feature=exemplar-storage']);
  const began = Date.now() / 1_000;
  for (let request = 0; request < REQUESTS; request++) {
    const reply = await fetch(`http://127.0.0.1:${gateway.port}/item/${request}`);
    equal(await reply.text(), 'ok');
  }
  const traces = (): Set<string> => new Set(collector.spans.map(({ traceId }) => traceId));
  await collector.until('all traces are there', () => traces().size >= REQUESTS);

  const stored = async (): Promise<readonly ExemplarSeries[]> => {
    const query = new URLSearchParams({
      query: 'sluice_service_request_duration_seconds_bucket',
      start: String(began - 5),
      end: String(Date.now() / 1_000 + 5),
    });
    const reply = await fetch(`${prometheus.url}/api/v1/query_exemplars?${query.toString()}`);
    return ((await reply.json()) as { readonly data: readonly ExemplarSeries[] }).data;
  };
  await eventually(30_000, 'an exemplar is stored', async () => (await stored()).length > 0);
  for (const { seriesLabels, exemplars } of await stored()) {
    equal(seriesLabels['service'], 'shop');
    for (const { labels, value, timestamp } of exemplars) {
      ok(traces().has(labels['trace_id'] ?? ''), `the collector has ${labels['trace_id']}`);
      const bound = seriesLabels['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(seriesLabels['le']);
      ok(Number(value) > 0 && Number(value) <= bound, `${value} s are within the bucket up to ${bound} s`);
      ok(timestamp >= began - 1 && timestamp <= Date.now() / 1_000 + 1);
    }
  }
});
