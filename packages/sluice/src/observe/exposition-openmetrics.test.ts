import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { endpointTable } from '../core/balancing/endpoint-table.ts';
import { ExemplarBoard, ExemplarWriter } from './exemplar-board.ts';
import { expose } from './exposition.ts';
import type { ExpositionInput } from './exposition.ts';
import { MetricBoard } from './metric-board.ts';
import type { ProcessFacts } from './metric-family.ts';
import { WorkerMetrics } from './worker-metrics.ts';

const CAPS = { route: 2, service: 2, endpoint: 2 };
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

const facts: ProcessFacts = {
  version: '0.1.0',
  runtime: 'node',
  workers: 1,
  workerRestarts: 0,
  utilization: [],
  mainBusySeconds: 0,
  generation: 1,
  reloadsApplied: 1,
  reloadsRefused: 0,
  cpuSeconds: 1,
  residentBytes: 1,
  virtualBytes: null,
  openFiles: null,
  maxFiles: null,
  startSeconds: 1,
  certificates: { lives: [], issued: 0, failed: 0 },
  fleet: [],
  degraded: [],
  caches: [],
  alerts: [],
  notices: [],
  spans: [],
};

function inputOf(services: readonly string[]): ExpositionInput & { readonly exemplars: ExemplarBoard } {
  const slots = Object.fromEntries(services.map((name, slot) => [name, slot]));
  return {
    board: new MetricBoard(1),
    exemplars: new ExemplarBoard(1),
    table: endpointTable(),
    facts,
    names: {
      listeners: { web: 0 },
      routes: slots,
      services: slots,
      endpoints: Object.fromEntries(services.map((name, slot) => [name, { a: slot }])),
    },
  };
}

/** As many requests for each as its place, from 1. */
function serve({ board }: ExpositionInput, services: number): WorkerMetrics {
  const metrics = new WorkerMetrics(board.buffer, 0);
  for (let slot = 0; slot < services; slot++) {
    for (let request = 0; request <= slot; request++) {
      metrics.exchangeStarted(0, slot, slot);
      metrics.exchangeEnded(0, slot, slot, slot, 200, 10, 1, 100);
    }
  }
  return metrics;
}

const linesOf = (text: string, start: string): string[] => text.split('\n').filter((line) => line.startsWith(start));

test('OpenMetrics: families without _total, once each, their samples behind them, and an end', () => {
  const input = inputOf(['users']);
  serve(input, 1);
  const text = expose(input, 'openmetrics');
  ok(text.endsWith('\n# EOF\n'));
  const families = new Set<string>();
  let family = '';
  let type = '';
  for (const line of text.slice(0, -'\n# EOF\n'.length).split('\n')) {
    const head = /^# TYPE (\w+) (counter|gauge|histogram|summary)$/.exec(line);
    if (head) {
      [, family = '', type = ''] = head;
      ok(!families.has(family), `${family} is announced once`);
      ok(!family.endsWith('_total'), family);
      families.add(family);
      continue;
    }
    const unit = /^# UNIT (\w+) (\w+)$/.exec(line);
    if (unit) ok(unit[1] === family && family.endsWith(`_${unit[2]}`), line);
    else if (line.startsWith('#')) ok(line.startsWith(`# HELP ${family} `), line);
    else {
      const found = /^(\w+?)(?:\{(?:\w+="(?:[^"\\]|\\["\\n])*",?)+\})? -?\d\S*$/.exec(line);
      const ending = { counter: '_total', gauge: '', histogram: '_(?:bucket|sum|count)', summary: '_(?:sum|count)' }[type];
      match(found?.[1] ?? line, new RegExp(`^${family}${ending}$`));
    }
  }
});

test('a bucket carries the last sampled trace, in OpenMetrics alone', () => {
  const input = inputOf(['users']);
  serve(input, 1);
  new ExemplarWriter(input.exemplars.buffer, 0).note('service', 0, 9.5, TRACE, SPAN, 1_795_000_000_123);
  const bucket = 'sluice_service_request_duration_seconds_bucket{service="users",le="0.01"}';
  deepEqual(linesOf(expose(input, 'openmetrics'), bucket), [`${bucket} 1 # {trace_id="${TRACE}",span_id="${SPAN}"} 0.0095 1795000000.123`]);
  equal(expose(input, 'openmetrics').split('trace_id').length, 2);
  deepEqual(linesOf(expose(input, 'prometheus'), bucket), [`${bucket} 1`]);
});

test('names above the cap are summed as other: the busiest stay, and nothing is lost', () => {
  const input = inputOf(['a', 'b', 'c', 'd']);
  serve(input, 4);
  input.table.serviceQueued[0] = 2;
  input.table.serviceQueued[1] = 3;
  const text = expose(input, 'prometheus', CAPS);
  deepEqual(linesOf(text, 'sluice_service_response_bytes_total'), [
    'sluice_service_response_bytes_total{service="c"} 300',
    'sluice_service_response_bytes_total{service="d"} 400',
    'sluice_service_response_bytes_total{service="other"} 300',
  ]);
  deepEqual(linesOf(text, 'sluice_service_queued').at(-1), 'sluice_service_queued{service="other"} 5');
  deepEqual(
    linesOf(text, 'sluice_endpoint_response_bytes_total').at(-1),
    'sluice_endpoint_response_bytes_total{service="other",endpoint="other"} 300',
  );
  equal(linesOf(text, 'sluice_endpoint_up{').length, 2, 'whether several endpoints are up is no number');
  deepEqual(
    linesOf(text, 'sluice_service_request_duration_seconds_count').at(-1),
    'sluice_service_request_duration_seconds_count{service="other"} 3',
  );
  deepEqual(linesOf(text, 'sluice_metrics_folded'), [
    'sluice_metrics_folded{label="route"} 2',
    'sluice_metrics_folded{label="service"} 2',
    'sluice_metrics_folded{label="endpoint"} 2',
  ]);
});

test('a service that is called other keeps its own row', () => {
  const input = inputOf(['a', 'b', 'c', 'other']);
  serve(input, 4);
  const text = expose(input, 'prometheus', CAPS);
  deepEqual(linesOf(text, 'sluice_service_response_bytes_total'), [
    'sluice_service_response_bytes_total{service="c"} 300',
    'sluice_service_response_bytes_total{service="other"} 400',
    'sluice_service_response_bytes_total{service="other_"} 300',
  ]);
});
