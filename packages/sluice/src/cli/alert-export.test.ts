/** What is printed for Prometheus is what the rules say, in words that Prometheus takes and by which it fires. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { runProgram } from '../../test/support/run-program.ts';
import { skipWithout } from '../../test/support/system-program.ts';
import type { PrometheusRule } from '../core/alerting/prometheus-rule.ts';

const CONFIG = {
  listeners: { web: { http: ':8080' } },
  services: { shop: { endpoints: ['127.0.0.1:3001'] }, pay: { endpoints: ['127.0.0.1:3002'] } },
  routes: [{ to: 'shop' }],
  alerts: {
    rules: {
      'slow-lane': {
        metric: 'sluice_service_queued',
        labels: { service: 'shop' },
        above: 50,
        for: '90s',
        keep: '2m',
        summary: '{value} wait at {service}, see {{ x }} and {y}',
      },
      refuses: { metric: 'sluice_shed_total', labels: { service: '~sh.*' }, above: 1 },
      share: {
        metric: 'sluice_service_requests_total',
        labels: { service: 'shop', code: '5xx' },
        per: 'sluice_service_requests_total',
        above: 0.05,
        severity: 'critical',
      },
      slow: { metric: 'sluice_service_request_duration_seconds', quantile: 0.9, above: 0.5, window: '10m' },
      waits: { metric: 'sluice_service_waited_seconds', above: 1 },
      'nobody-asks': { absent: 'sluice_requests_total', window: '15m' },
      'no-worker': { absent: 'sluice_workers' },
      'no-healthy-endpoint': { metric: 'alert_service_endpoints_usable', labels: { service: 'shop' }, below: 1 },
      ejected: { event: 'endpoint-ejected', count: 3, window: '10m' },
      'disk-full': { metric: 'alert_disk_share', above: 0.8 },
      refused: { event: 'reload-refused' },
    },
    slos: {
      checkout: { service: 'shop', objective: '99.5%', latency: '300ms', period: '7d' },
      paying: { service: 'pay', objective: '99%' },
    },
  },
};

const PROGRAM = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url));
const skip = skipWithout('promtool');

let text = '';
let rules: readonly PrometheusRule[] = [];

const folder = mkdtempSync(join(tmpdir(), 'sluice-export-'));
after(() => rmSync(folder, { recursive: true, force: true }));

before(async () => {
  const path = write('sluice.json', JSON.stringify(CONFIG));
  const { code, output } = await runProgram(process.execPath, [PROGRAM, 'alert', 'export', '--prometheus', '--config', path]);
  assert.equal(code, 0, output);
  text = output;
  ({ rules } = (parse(text) as { readonly groups: readonly [{ readonly rules: readonly PrometheusRule[] }] }).groups[0]);
});

test('rules of the configuration are said in PromQL, those that come with Sluice are not, and what Prometheus cannot see is named', () => {
  const exprs = Object.fromEntries(rules.filter(({ labels }) => labels['slo'] === undefined).map(({ alert, expr }) => [alert, expr]));
  assert.deepEqual(exprs, {
    SluiceSlowLane: 'sluice_service_queued{service="shop"} > 50',
    SluiceRefuses: 'rate(sluice_shed_total{service=~"sh.*"}[5m]) > 1',
    SluiceShare:
      'sum by (job, instance, service) (rate(sluice_service_requests_total{service="shop",code="5xx"}[5m])) / (sum by (job, instance, service) (rate(sluice_service_requests_total[5m])) > 0) > 0.05',
    SluiceSlow: 'histogram_quantile(0.9, rate(sluice_service_request_duration_seconds_bucket[10m])) > 0.5',
    SluiceWaits: 'rate(sluice_service_waited_seconds_sum[5m]) / rate(sluice_service_waited_seconds_count[5m]) > 1',
    SluiceNobodyAsks: 'sum by (job, instance) (increase(sluice_requests_total[15m])) == 0 or absent_over_time(sluice_requests_total[15m])',
    SluiceNoWorker: 'absent_over_time(sluice_workers[5m])',
    SluiceNoHealthyEndpoint:
      'sum by (job, instance, service) (sluice_endpoint_up{service="shop"} * (1 - sluice_endpoint_ejected{service="shop"}) * (1 - sluice_endpoint_draining{service="shop"})) < 1',
    SluiceEjected: 'sum by (job, instance, service, endpoint) (increase(sluice_ejections_total[10m])) > 2',
  });
  const slow = rules.find(({ alert }) => alert === 'SluiceSlowLane');
  assert.equal(slow?.for, '90s');
  assert.equal(slow?.keep_firing_for, '2m');
  assert.match(text, /^# Not here.*: disk-full \(the figure alert_disk_share\)\.$/m);
  assert.match(text, /^# Not here.*: refused \(the event reload-refused\)\.$/m);
});

test('Prometheus takes them', { skip }, async () => {
  const { code, output } = await runProgram('promtool', ['check', 'rules', write('rules.yaml', text)]);
  assert.equal(code, 0, output);
  assert.match(output, new RegExp(`SUCCESS: ${rules.length} rules found`));
});

test(
  'Prometheus fires by them when the program would: a summary with its value, a share, silence of a counter, an objective with a latency',
  { skip },
  async () => {
    const summary = '60 wait at shop, see {{ x }} and {y}';
    await prometheusSays('1m', [
      {
        input_series: [
          series('sluice_service_queued', 'service="shop"', '0x5 60x5 0x60'),
          series('sluice_service_requests_total', 'service="shop",code="2xx"', '0+90x200'),
          series('sluice_service_requests_total', 'service="shop",code="5xx"', '0+10x200'),
          series('sluice_service_requests_total', 'service="shop",code="cut"', '0+900x200'),
          series('sluice_requests_total', 'listener="web",code="2xx"', '0+100x100 10000x100'),
        ],
        alert_rule_test: [
          { eval_time: '7m', alertname: 'SluiceSlowLane', exp_alerts: [] },
          {
            eval_time: '9m',
            alertname: 'SluiceSlowLane',
            exp_alerts: [{ exp_labels: { service: 'shop', severity: 'warning', ...AT }, exp_annotations: { summary } }],
          },
          { eval_time: '20m', alertname: 'SluiceSlowLane', exp_alerts: [] },
        ],
        promql_expr_test: [
          // Of all replies a hundredth, those that were cut among them: a share has no opinion of its own.
          { expr: firing('SluiceShare'), eval_time: '20m', exp_samples: [] },
          { expr: firing('SluiceNobodyAsks'), eval_time: '90m', exp_samples: [] },
          { expr: firing('SluiceNobodyAsks'), eval_time: '120m', exp_samples: [{ labels: '{alertname="SluiceNobodyAsks"}', value: 1 }] },
        ],
      },
      {
        // All answered, but a tenth of them too late.
        input_series: [
          series('sluice_service_requests_total', 'service="shop",code="2xx"', '0+100x200'),
          series('sluice_service_requests_total', 'service="shop",code="5xx"', '0x200'),
          series('sluice_service_request_duration_seconds_count', 'service="shop"', '0+100x200'),
          series('sluice_service_request_duration_seconds_bucket', 'service="shop",le="0.25"', '0+90x200'),
          series('sluice_service_requests_total', 'service="pay",code="2xx"', '0+100x200'),
          series('sluice_service_requests_total', 'service="pay",code="5xx"', '0x200'),
        ],
        promql_expr_test: [
          {
            expr: 'count by (slo, window) (ALERTS{slo!="",alertstate="firing"})',
            eval_time: '60m',
            exp_samples: ['hour', 'hours', 'day', 'days'].map((window) => ({ labels: `{slo="checkout",window="${window}"}`, value: 1 })),
          },
        ],
      },
    ]);
  },
);

test('without a form, or with a configuration that is wrong, the command says so', async () => {
  const formless = await runProgram(process.execPath, [PROGRAM, 'alert', 'export']);
  assert.notEqual(formless.code, 0);
  assert.match(formless.output, /--prometheus/);
  const wrong = write('wrong.json', JSON.stringify({ ...CONFIG, alerts: { rules: { x: { metric: 'nothing', above: 1 } } } }));
  const refused = await runProgram(process.execPath, [PROGRAM, 'alert', 'export', '--prometheus', '--config', wrong]);
  assert.equal(refused.code, 2);
  assert.match(refused.output, /is no metric of Sluice/);
});

const AT = { job: 'sluice', instance: 'edge-1' };

function series(name: string, labels: string, values: string): object {
  return { series: `${name}{job="sluice",instance="edge-1",${labels}}`, values };
}

function firing(alert: string): string {
  return `count by (alertname) (ALERTS{alertname="${alert}",alertstate="firing"})`;
}

function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** `promtool test rules` (prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules). */
async function prometheusSays(interval: string, tests: readonly object[]): Promise<void> {
  const given = {
    rule_files: [write('rules.yaml', text)],
    evaluation_interval: interval,
    tests: tests.map((one) => ({ interval, ...one })),
  };
  const { code, output } = await runProgram('promtool', ['test', 'rules', write('tests.json', JSON.stringify(given))], {
    timeoutMs: 60_000,
  });
  assert.equal(code, 0, output);
}
