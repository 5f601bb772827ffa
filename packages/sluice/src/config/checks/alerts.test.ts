import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileAlerts } from '../compile-alerts.ts';
import { DEFAULT_RULES } from '../default-alerts.ts';
import { validate } from '../validate.ts';

const BASE = { listeners: { web: { http: ':8080' } }, services: { shop: { endpoints: ['127.0.0.1:3001'] } }, routes: [{ to: 'shop' }] };
const regex = (source: string): string | null => (source === '(' ? 'missing )' : null);

function faults(alerts: unknown): readonly string[] {
  const result = validate({ ...BASE, alerts }, regex);
  return result.ok ? [] : result.faults.map(({ message }) => message);
}

function compiled(alerts: unknown) {
  const result = validate({ ...BASE, alerts }, regex);
  assert.ok(result.ok, result.ok ? '' : result.faults.map(({ message }) => message).join('\n'));
  return compileAlerts(result.config);
}

test('a rule has one kind, a metric and labels that exist, and one bound', () => {
  const of = (rule: unknown): readonly string[] => faults({ rules: { r: rule } });
  assert.deepEqual(of({ metric: 'sluice_shed_total', above: 1 }), []);
  assert.match(of({ above: 1 })[0]!, /exactly one of metric, absent and event, but has none/);
  assert.match(of({ metric: 'sluice_shed_total', event: 'x', above: 1 })[0]!, /but has metric and event/);
  assert.match(of({ metric: 'sluice_shed_totl', above: 1 })[0]!, /is no metric of Sluice.*did you mean "sluice_shed_total"/);
  assert.match(of({ metric: 'sluice_shed_total' })[0]!, /exactly one of above and below, but has none/);
  assert.match(
    of({ metric: 'sluice_shed_total', above: 1, labels: { sevice: 'shop' } })[0]!,
    /is no label of sluice_shed_total.*"service"/,
  );
  assert.match(of({ metric: 'sluice_shed_total', above: 1, labels: { service: '~(' } })[0]!, /missing \)/);
  assert.match(of({ metric: 'sluice_request_duration_seconds', above: 1 })[0]!, /quantile is missing/);
  assert.match(of({ event: 'endpoint-down', above: 1 })[0]!, /above belongs to metric, and this is event/);
  assert.match(faults({ rules: { 'certificate-expiri': false } })[0]!, /did you mean "certificate-expiry"/);
});

test('a sink has one kind; its secrets are in no fault', () => {
  assert.match(faults({ sinks: { ops: { severity: 'info' } } })[0]!, /exactly one of slack, webhook, email, alertmanager and pagerduty/);
  const [message = ''] = faults({ sinks: { ops: { slack: 'hooks.slack.com/services/T0/B0/key' } } });
  assert.match(message, /must be a URL/);
  assert.doesNotMatch(message, /B0/);
  assert.match(faults({ sinks: { ops: { pagerduty: 'key', headers: { a: 'b' } } } })[0]!, /headers belongs to webhook or alertmanager/);
});

test('an objective is of a service that exists, and its latency is a bound of the histogram', () => {
  assert.match(faults({ slos: { s: { service: 'shp', objective: '99%' } } })[0]!, /does not exist: "shp"; did you mean "shop"/);
  const { slos } = compiled({ slos: { s: { service: 'shop', objective: '99%', latency: '300ms' } } });
  assert.deepEqual(
    slos.map(({ name, latencyMs, isPageOnly }) => [name, latencyMs, isPageOnly]),
    [['s', 250, false]],
  );
});

test('default rules are on, changed and turned off by name, and off altogether', () => {
  const names = (alerts: unknown): readonly string[] => compiled(alerts).rules.map(({ name }) => name);
  assert.equal(names({}).length, DEFAULT_RULES.length);
  assert.deepEqual(
    compiled({}).slos.map(({ name, isPageOnly }) => [name, isPageOnly]),
    [['shop', true]],
  );
  assert.ok(!names({ rules: { 'certificate-expiry': false } }).includes('certificate-expiry'));
  const own = compiled({ rules: { 'scaler-at-max': { metric: 'alert_scaler_at_max', above: 0, for: '1h' } } }).rules.filter(
    ({ name }) => name === 'scaler-at-max',
  );
  assert.deepEqual(
    own.map(({ forMs }) => forMs),
    [3_600_000],
  );
  assert.deepEqual(compiled({ rules: { 'error-budget-burning': false } }).slos, []);
  assert.deepEqual(compiled({ defaults: false }).rules, []);
  assert.deepEqual(compiled(false).rules, []);
});
