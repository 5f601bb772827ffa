import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import fastify from 'fastify';
import { loadReporter } from './load-reporter.ts';
import type { ProcessGauges } from './process-gauges.ts';

/** Gauges that stand still until the test moves them. */
function fakeGauges(): ProcessGauges & { time: number; cpu: number; tick(elapsedMs: number, cpuMs?: number): void; isClosed: boolean } {
  let run = (): void => {};
  return {
    time: 0,
    cpu: 0,
    isClosed: false,
    cpus: 2,
    now() {
      return this.time;
    },
    cpuMs() {
      return this.cpu;
    },
    memoryShare: () => 0.5,
    eventLoopUtilization: () => 0.25,
    eventLoopDelayMs: () => 1.5,
    every(_periodMs, callback) {
      run = callback;
      return () => {
        run = () => {};
      };
    },
    close() {
      this.isClosed = true;
    },
    tick(elapsedMs, cpuMs = 0) {
      this.time += elapsedMs;
      this.cpu += cpuMs;
      run();
    },
  };
}

/** Serves with the listener while `work` runs. */
async function serving(listener: RequestListener, work: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function fetchHeader(url: string): Promise<string> {
  const response = await fetch(url);
  await response.text();
  return response.headers.get('endpoint-load-metrics') ?? '';
}

test('shares and rates are those of the last interval', async () => {
  const gauges = fakeGauges();
  const reporter = loadReporter({}, gauges);
  await serving(
    reporter.wrap((_request, response) => void response.writeHead(503).end()),
    async (url) => {
      for (let count = 0; count < 4; count++) await fetchHeader(url);
    },
  );
  gauges.tick(2000, 1000);
  const report = reporter.snapshot();
  assert.equal(report.cpuUtilization, 0.25); // 1000 ms of CPU time in 2000 ms on 2 CPUs
  assert.equal(report.requestsPerSecond, 2);
  assert.equal(report.errorsPerSecond, 2);
  assert.equal(report.applicationUtilization, 0.25);
  assert.deepEqual(report.named, { event_loop_utilization: 0.25, event_loop_delay_ms: 1.5 });
  gauges.tick(1000);
  assert.equal(reporter.snapshot().requestsPerSecond, 0);
  reporter.close();
  assert.ok(gauges.isClosed);
});

test('every reply carries the header, whether the head is written by writeHead, by end, or with headers of its own', async () => {
  const reporter = loadReporter({}, fakeGauges());
  const replies: RequestListener[] = [
    (_request, response) => void response.end('a'),
    (_request, response) => void response.writeHead(200, { 'x-own': '1' }).end('b'),
    (_request, response) => void response.writeHead(404, 'Not Here', ['x-own', '1']).end(),
    (_request, response) => {
      response.write('c');
      response.end();
    },
  ];
  for (const reply of replies) {
    await serving(reporter.wrap(reply), async (url) => {
      assert.equal(
        await fetchHeader(url),
        'TEXT cpu_utilization=0, mem_utilization=0.5, application_utilization=0.25, rps_fractional=0, eps=0, named_metrics.event_loop_utilization=0.25, named_metrics.event_loop_delay_ms=1.5, named_metrics.inflight=1',
      );
    });
  }
});

test('in flight counts from arrival to close, also when the client goes away', async () => {
  const reporter = loadReporter({}, fakeGauges());
  const closed = Promise.withResolvers<void>();
  const listener = reporter.wrap((_request, response) => {
    response.once('close', closed.resolve);
    response.flushHeaders();
  });
  await serving(listener, async (url) => {
    const [response] = (await once(get(url), 'response')) as [IncomingMessage];
    assert.match(String(response.headers['endpoint-load-metrics']), /named_metrics\.inflight=1$/);
    assert.equal(reporter.snapshot().inflight, 1);
    response.destroy();
    await closed.promise;
    assert.equal(reporter.snapshot().inflight, 0);
  });
});

test('a request that passes two layers of the reporter is counted once', async () => {
  const reporter = loadReporter({}, fakeGauges());
  const inner = reporter.wrap((_request, response) => void response.end());
  await serving(
    (request, response) => reporter.middleware(request, response, () => inner(request, response)),
    async (url) => assert.match(await fetchHeader(url), /inflight=1$/),
  );
  assert.equal(reporter.snapshot().inflight, 0);
});

test('works as a hook of Fastify', async () => {
  const reporter = loadReporter({ format: 'json' }, fakeGauges());
  const app = fastify();
  app.addHook('onRequest', (request, reply, done) => reporter.middleware(request.raw, reply.raw, done));
  app.get('/', () => 'hello');
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  try {
    const value = await fetchHeader(url);
    assert.equal((JSON.parse(value.slice(5)) as { named_metrics: { inflight: number } }).named_metrics.inflight, 1);
  } finally {
    await app.close();
  }
});

test("the application's own metrics are reported; one that throws or is no number is left out", () => {
  const reporter = loadReporter(
    {
      applicationUtilization: () => 0.75,
      named: {
        queue_depth: () => 12,
        broken: () => {
          throw new Error('no');
        },
        empty: () => NaN,
      },
    },
    fakeGauges(),
  );
  assert.equal(reporter.snapshot().applicationUtilization, 0.75);
  assert.deepEqual(reporter.snapshot().named, { event_loop_utilization: 0.25, event_loop_delay_ms: 1.5, queue_depth: 12 });
  assert.match(reporter.headers()['endpoint-load-metrics'], /named_metrics\.queue_depth=12, named_metrics\.inflight=0$/);
});

test('jobs that wait are reported where the application counts them', () => {
  const reporter = loadReporter({ jobs: () => 7 }, fakeGauges());
  assert.match(reporter.headers()['endpoint-load-metrics'], /named_metrics\.jobs=7, named_metrics\.inflight=0$/);
  assert.throws(() => loadReporter({ named: { jobs: () => 1 } }, fakeGauges()), /reporter's own/);
});

test('options outside their limits are refused with the limit', () => {
  assert.throws(() => loadReporter({ intervalMs: 1 }, fakeGauges()), /intervalMs must be 50\.\.60000, got 1/);
  assert.throws(() => loadReporter({ intervalMs: NaN }, fakeGauges()), /intervalMs/);
  assert.throws(() => loadReporter({ named: { 'a,b=1': () => 1 } }, fakeGauges()), /metric name "a,b=1" must match/);
  assert.throws(() => loadReporter({ named: { inflight: () => 1 } }, fakeGauges()), /reporter's own/);
});

test('the real gauges give shares between 0 and 1 and do not keep the process alive', async () => {
  const reporter = loadReporter({ intervalMs: 50 });
  const busyUntil = performance.now() + 120;
  while (performance.now() < busyUntil);
  const samples = Promise.withResolvers<void>();
  setTimeout(samples.resolve, 120);
  await samples.promise;
  const report = reporter.snapshot();
  assert.ok(report.memoryUtilization > 0 && report.memoryUtilization <= 1, String(report.memoryUtilization));
  assert.ok(report.applicationUtilization >= 0 && report.applicationUtilization <= 1, String(report.applicationUtilization));
  assert.ok(report.cpuUtilization >= 0, String(report.cpuUtilization));
  assert.ok(report.named['event_loop_delay_ms']! >= 0);
  reporter.close();
});
