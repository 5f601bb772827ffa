/** What stands in mixin/ is what the rules of the program say, in words that Prometheus takes; and it fires when it should, says Prometheus itself. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { METRIC_FAMILIES } from '../packages/sluice/src/observe/metric-catalog.ts';
import { PROMETHEUS_ALERTS } from './mixin/alerts.ts';
import { dashboardQueries } from './mixin/dashboard.ts';
import { mixinFiles } from './mixin/files.ts';
import { RECORDING_RULES } from './mixin/recording.ts';
import { hasProgram } from './system-packages.ts';

const MIXIN = join(import.meta.dirname, '..', 'mixin');
const EXPRESSIONS = [...PROMETHEUS_ALERTS, ...RECORDING_RULES].map(({ expr }) => expr).concat(dashboardQueries());
const skip = hasProgram('promtool') ? false : 'needs promtool';

test('the files are those that npm run docs writes', () => {
  const files = mixinFiles();
  assert.deepEqual(readdirSync(MIXIN).sort(), Object.keys(files).sort());
  for (const [name, text] of Object.entries(files))
    assert.equal(readFileSync(join(MIXIN, name), 'utf8'), text, `${name}: run npm run docs`);
});

test('every metric that is asked for is in the catalogue, or recorded here', () => {
  const known = new Set(METRIC_FAMILIES.flatMap(({ name, type }) => (type === 'histogram' ? [`${name}_bucket`] : [name])));
  for (const { record } of RECORDING_RULES) known.add(record);
  const asked = new Set(EXPRESSIONS.flatMap((expr) => expr.match(/(?:service:)?(?:sluice|process)_\w+(?::\w+)?/g) ?? []));
  assert.ok(asked.size > 20);
  for (const name of asked) assert.ok(known.has(name), name);
});

test('labels by which metrics are summed and chosen are labels that they have', () => {
  const labels = new Map(METRIC_FAMILIES.map((family) => [family.name, new Set(['job', 'instance', ...family.labels])]));
  for (const expr of EXPRESSIONS)
    for (const [, name = '', chosen = ''] of expr.matchAll(/((?:sluice|process)_\w+?)(?:_bucket)?\{([^}]*)\}/g))
      for (const [, label = ''] of chosen.matchAll(/(\w+)=~?"/g)) assert.ok(labels.get(name)?.has(label), `${name} has no label ${label}`);
});

test('Prometheus takes the rules', { skip }, () => {
  const { status, stderr, stdout } = spawnSync(
    'promtool',
    ['check', 'rules', join(MIXIN, 'sluice-rules.yaml'), join(MIXIN, 'sluice-alerts.yaml')],
    {
      encoding: 'utf8',
    },
  );
  assert.equal(status, 0, stdout + stderr);
});

const SERIES = { job: 'sluice', instance: 'edge-1' };

test('20 s without a usable endpoint are an alert, of that service alone; one that is ejected is not usable', { skip }, (t) => {
  const alert = {
    exp_labels: { severity: 'critical', service: 'web', ...SERIES },
    exp_annotations: { summary: summaryOf('SluiceNoHealthyEndpoint').replaceAll('{{ $labels.service }}', 'web') },
  };
  prometheusSays(t, '10s', [
    {
      // Two endpoints of web, of which one goes down after a minute and the other is ejected; shop keeps one of two.
      input_series: [
        ...endpoint('web', 'a', '1x5 0x60', '0x65'),
        ...endpoint('web', 'b', '1x65', '0x5 1x60'),
        ...endpoint('shop', 'a', '1x5 0x60', '0x65'),
        ...endpoint('shop', 'b', '1x65', '0x65'),
      ],
      alert_rule_test: [
        { eval_time: '50s', alertname: 'SluiceNoHealthyEndpoint', exp_alerts: [] },
        { eval_time: '70s', alertname: 'SluiceNoHealthyEndpoint', exp_alerts: [] },
        { eval_time: '90s', alertname: 'SluiceNoHealthyEndpoint', exp_alerts: [alert] },
      ],
    },
  ]);
});

test(
  'the budget burns at 2 % failing: after minutes at 14.4 times, not before, and not once it is over; a trickle of failures is none',
  { skip },
  (t) => {
    const requests = (service: string, code: string, values: string): object => ({
      series: `sluice_service_requests_total{job="sluice",instance="edge-1",service="${service}",code="${code}"}`,
      values,
    });
    prometheusSays(t, '1m', [
      {
        // web: 2 % fail from minute 60 to 120. shop: as much of one request per minute, too few to wake anybody.
        input_series: [
          requests('web', '2xx', '0+980x60 58800+980x60 117600+1000x120'),
          requests('web', '5xx', '0+0x60 0+20x60 1200+0x120'),
          requests('shop', '2xx', '0+1x240'),
          requests('shop', '5xx', '0x60 1x180'),
        ],
        promql_expr_test: [
          { expr: burning('hour'), eval_time: '59m', exp_samples: [] },
          { expr: burning('hour'), eval_time: '118m', exp_samples: [{ labels: labelText('web', 'hour'), value: 1 }] },
          // The hour burns still, the last five minutes do not.
          { expr: burning('hour'), eval_time: '135m', exp_samples: [] },
        ],
      },
    ]);
  },
);

function burning(window: string): string {
  return `count by (alertname, service, window) (ALERTS{alertname="SluiceErrorBudgetBurning",window="${window}",alertstate="firing"})`;
}

function labelText(service: string, window: string): string {
  return `{alertname="SluiceErrorBudgetBurning", service="${service}", window="${window}"}`;
}

function endpoint(service: string, name: string, up: string, ejected: string): object[] {
  const labels = `{job="sluice",instance="edge-1",service="${service}",endpoint="${name}"}`;
  return [
    { series: `sluice_endpoint_up${labels}`, values: up },
    { series: `sluice_endpoint_ejected${labels}`, values: ejected },
    { series: `sluice_endpoint_draining${labels}`, values: '0x65' },
  ];
}

function summaryOf(alert: string): string {
  return PROMETHEUS_ALERTS.find((one) => one.alert === alert)?.annotations['summary'] ?? assert.fail(`no alert ${alert}`);
}

/** `promtool test rules` (prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules). */
function prometheusSays(t: TestContext, interval: string, tests: readonly object[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-mixin-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'tests.yml');
  const rule_files = ['sluice-rules.yaml', 'sluice-alerts.yaml'].map((name) => join(MIXIN, name));
  writeFileSync(file, JSON.stringify({ rule_files, evaluation_interval: interval, tests: tests.map((one) => ({ interval, ...one })) }));
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8', timeout: 60_000 });
  assert.equal(status, 0, stdout + stderr);
}
