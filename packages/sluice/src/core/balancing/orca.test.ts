import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant } from '../../base/time.ts';
import { endpointTable, resetEndpoint } from './endpoint-table.ts';
import { parseLoadReport, writeLoadReport } from './orca.ts';

const UNNAMED = { eventLoop: -1, eventLoopDelay: -1, jobs: -1 };

test('the text form is read', () => {
  const value =
    'TEXT cpu_utilization=0.3, mem_utilization=0.8,application_utilization=0.5, rps_fractional=10, eps=0.5, named_metrics.inflight=3';
  assert.deepEqual(parseLoadReport(value), { cpu: 0.3, memory: 0.8, application: 0.5, rps: 10, eps: 0.5, inflight: 3, ...UNNAMED });
});

test('the JSON form is read, in either spelling', () => {
  const snake = parseLoadReport(
    'JSON {"cpu_utilization":0.3,"mem_utilization":0.8,"rps_fractional":10,"named_metrics":{"inflight":3,"x":1}}',
  );
  const camel = parseLoadReport('JSON {"cpuUtilization":0.3,"memUtilization":0.8,"rpsFractional":10,"namedMetrics":{"inflight":3}}');
  assert.deepEqual(snake, { cpu: 0.3, memory: 0.8, application: -1, rps: 10, eps: -1, inflight: 3, ...UNNAMED });
  assert.deepEqual(camel, snake);
});

test('what cannot be a load is left out', () => {
  for (const value of [
    '',
    'TEXT ',
    'TEXT cpu_utilization',
    'TEXT cpu_utilization=',
    'TEXT cpu_utilization=-1',
    'TEXT cpu_utilization=NaN',
    'TEXT cpu_utilization=Infinity',
    'TEXT cpu_utilization=1e999',
    'TEXT unknown=1',
    'BIN CZqZmZmZmbk/',
    'cpu_utilization=0.3',
    'JSON',
    'JSON {',
    'JSON null',
    'JSON [1]',
    'JSON {"cpu_utilization":"0.3"}',
    'JSON {"named_metrics":null}',
    `JSON ${'['.repeat(4000)}`,
    `TEXT cpu=0.3${' '.repeat(4096)}`,
  ]) {
    assert.equal(parseLoadReport(value), null, value.slice(0, 60));
  }
  assert.equal(parseLoadReport('TEXT a=b, cpu=0.5, =, mem=x')?.cpu, 0.5);
});

test('any text is read without an exception', () => {
  fc.assert(
    fc.property(fc.constantFrom('TEXT ', 'JSON ', 'BIN ', ''), fc.oneof(fc.string(), fc.json()), (form, rest) => {
      const report = parseLoadReport(form + rest);
      if (report !== null) for (const value of Object.values(report) as number[]) assert.ok(Number.isFinite(value) && value >= -1);
    }),
  );
});

test('a report keeps the shares that it does not name, and they end at 1', () => {
  const table = endpointTable();
  resetEndpoint(table, 5);
  writeLoadReport(table, 5, parseLoadReport('TEXT cpu=1.5, inflight=4')!, instant(10));
  writeLoadReport(table, 5, parseLoadReport('TEXT mem=0.25')!, instant(20));
  assert.deepEqual([table.reportedCpu[5], table.reportedMemory[5], table.reportedInflight[5], table.reportedStamp[5]], [1, 0.25, -1, 20]);
});

test('what the kit says of event loop and jobs is noted; jobs that a report does not name are unknown', () => {
  const table = endpointTable();
  resetEndpoint(table, 5);
  const named = 'named_metrics.event_loop_utilization=0.75, named_metrics.event_loop_delay_ms=12.5';
  writeLoadReport(table, 5, parseLoadReport(`TEXT ${named}, named_metrics.jobs=7`)!, instant(10));
  assert.deepEqual([table.reportedEventLoop[5], table.reportedEventLoopDelay[5], table.reportedJobs[5]], [0.75, 12.5, 7]);
  writeLoadReport(table, 5, parseLoadReport('JSON {"named_metrics":{"event_loop_utilization":3}}')!, instant(20));
  assert.deepEqual([table.reportedEventLoop[5], table.reportedEventLoopDelay[5], table.reportedJobs[5]], [1, 12.5, -1]);
});
