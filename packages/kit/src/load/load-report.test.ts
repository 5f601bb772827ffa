import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { headerParts, type LoadReport } from './load-report.ts';

const REPORT: LoadReport = {
  cpuUtilization: 0.312345,
  memoryUtilization: 0.5,
  applicationUtilization: 0.25,
  requestsPerSecond: 1234.5,
  errorsPerSecond: 0,
  named: { event_loop_delay_ms: 1.25, 'queue.depth': 7 },
  inflight: 3,
};

/** The whole header value. */
function header(report: LoadReport, format: 'text' | 'json'): string {
  const { head, tail } = headerParts(report, format);
  return head + report.inflight + tail;
}

test('the text form is ORCA pairs with four decimals at most', () => {
  assert.equal(
    header(REPORT, 'text'),
    'TEXT cpu_utilization=0.3123, mem_utilization=0.5, application_utilization=0.25, rps_fractional=1234.5, eps=0, ' +
      'named_metrics.event_loop_delay_ms=1.25, named_metrics.queue.depth=7, named_metrics.inflight=3',
  );
});

test('the JSON form parses to the fields of the proto', () => {
  const value = header(REPORT, 'json');
  assert.ok(value.startsWith('JSON '));
  assert.deepEqual(JSON.parse(value.slice(5)), {
    cpu_utilization: 0.3123,
    mem_utilization: 0.5,
    application_utilization: 0.25,
    rps_fractional: 1234.5,
    eps: 0,
    named_metrics: { event_loop_delay_ms: 1.25, 'queue.depth': 7, inflight: 3 },
  });
});

test('whatever the figures, a header is visible ASCII and every value is a number', () => {
  const any = fc.double();
  fc.assert(
    fc.property(any, any, any, fc.nat(), (cpu, memory, delay, inflight) => {
      const report = { ...REPORT, cpuUtilization: cpu, memoryUtilization: memory, named: { delay }, inflight };
      const text = header(report, 'text');
      assert.match(text, /^[\x20-\x7e]+$/);
      for (const pair of text.slice(5).split(', ')) assert.ok(Number.isFinite(Number(pair.split('=')[1])), pair);
      JSON.parse(header(report, 'json').slice(5));
    }),
  );
});
