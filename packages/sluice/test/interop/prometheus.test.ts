/** Scaling by the figures of a real Prometheus. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { signalAsker } from '../../src/control/scaling/ask-signal.ts';
import type { AskSignal } from '../../src/control/scaling/outside-signals.ts';
import { startPrometheus } from '../support/prometheus.ts';
import { skipWithout } from '../support/system-program.ts';
import { eventually } from '../support/waiting.ts';

const FACTS = { service: 'shop', ready: 1, wanted: 1, inflight: 0, requestsPerSecond: 0, now: '2026-11-20T12:00:00.000Z' };
const METRICS = '# TYPE jobs_waiting gauge\njobs_waiting{queue="a"} 17\njobs_waiting{queue="b"} 25.5\n';

test('a query’s number is the signal; what is no number says what to do', { skip: skipWithout('prometheus') }, async (t) => {
  const target = createServer((_request, response) => response.setHeader('content-type', 'text/plain; version=0.0.4').end(METRICS)).listen(
    0,
    '127.0.0.1',
  );
  t.after(() => {
    target.closeAllConnections();
    target.close();
  });
  await once(target, 'listening');
  await using prometheus = await startPrometheus(`127.0.0.1:${(target.address() as AddressInfo).port}`);
  const ask: AskSignal = signalAsker({ call: () => assert.fail('no function is called') });
  const query = (text: string, url = prometheus.url): Promise<number> =>
    ask({ kind: 'prometheus', url, query: text, pollMs: 10_000, per: 'service' }, FACTS, {
      deadlineMs: 5_000,
      abort: AbortSignal.timeout(5_000),
    });
  await eventually(20_000, 'it has scraped', async () => (await query('sum(jobs_waiting)').catch(() => 0)) === 42.5);
  assert.equal(await query('jobs_waiting{queue="a"}', `${prometheus.url}/`), 17);
  assert.equal(await query('scalar(max(jobs_waiting)) * 2'), 51);
  await assert.rejects(query('jobs_waiting'), /gives 2 series; make one of them/);
  await assert.rejects(query('jobs_waiting{queue="c"}'), /no series matches/);
  await assert.rejects(query('sum(jobs_waiting) / 0'), /gives \+Inf/);
  await assert.rejects(query('jobs_waiting[1m]'), /gives a matrix/);
  await assert.rejects(query('sum('), /answered 400: bad_data: .*parse error/);
});
