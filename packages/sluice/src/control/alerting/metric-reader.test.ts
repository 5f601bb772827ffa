import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALERT_FIGURES, metricNamed, metricNames } from '../../core/alerting/metric-names.ts';
import { DEFAULT_RULES } from '../../config/default-alerts.ts';
import { METRIC_FAMILIES } from '../../observe/metric-catalog.ts';

test('rules may name exactly the metrics of the catalogue, and a few figures (core/alerting/metric-names.ts)', () => {
  const listed = METRIC_FAMILIES.map(({ name, type, labels }) => [name, type, labels]);
  const figures = new Set(ALERT_FIGURES.map(([name]) => name));
  const known = metricNames().filter((name) => !figures.has(name));
  assert.deepEqual(
    known.map((name) => [name, metricNamed(name)?.type, metricNamed(name)?.labels]),
    listed,
  );
});

test('the rules that come with Sluice have names of their own, look at metrics that exist, and name their labels', () => {
  assert.equal(new Set(DEFAULT_RULES.map(({ name }) => name)).size, DEFAULT_RULES.length);
  for (const rule of DEFAULT_RULES) {
    if (rule.kind === 'event') continue;
    const labels = metricNamed(rule.metric)?.labels;
    assert.ok(labels !== undefined, rule.metric);
    for (const [, name = ''] of rule.summary.matchAll(/\{(\w+)\}/g))
      assert.ok(name === 'value' || labels.includes(name), `${rule.name}: {${name}}`);
  }
});
