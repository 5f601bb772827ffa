/** Alerts: rules, objectives, and who is told. What a rule or sink must have exactly one of is seen to by `checks/alerts.ts`. */
import * as z from 'zod';
import { SEVERITIES } from '../../core/alerting/severity.ts';
import { sinkSchema } from './alert-sinks.ts';
import { choice, decimal, duration, flag, listOf, name, share, text, whole } from './scalar.ts';
import { named, preset, section } from './section.ts';

const WEEK = '7d';

const rule = section("an object such as { metric: 'sluice_shed_total', above: 1, for: '1m' }, or false", {
  metric: text("a metric's name", 128)
    .optional()
    .describe('Of a counter its rate per second, of a gauge its value, of a summary the mean.'),
  absent: text("a metric's name", 128).optional().describe('An alert when there is no such series, or it has not moved for `window`.'),
  event: text("an event's name", 64).optional().describe('An alert when it has happened `count` times within `window`.'),
  labels: preset(named("an object such as { service: 'shop' }", text('a label', 64), text('a text', 1_024, 0)), {}).describe(
    'Only series with these labels. A value that begins with `~` is a regular expression (RE2) of the whole value.',
  ),
  above: decimal(-1e15, 1e15).optional().describe('An alert above it.'),
  below: decimal(-1e15, 1e15).optional().describe('An alert below it.'),
  per: text("a metric's name", 128).optional().describe('Divides by that metric, over the labels that both have but `code`: a share.'),
  quantile: share(0.001, 1).optional().describe('Of a histogram: which quantile, in seconds.'),
  window: preset(duration('10s', WEEK), '5m').describe('Over which rates, means, quantiles and events are counted.'),
  count: whole(1, 1_000).default(1).describe('Events within `window`.'),
  for: preset(duration('0s', WEEK), '0s').describe('How long it must hold before it is an alert.'),
  keep: preset(duration('0s', WEEK), '0s').describe('How long it goes on after it held last.'),
  severity: choice(SEVERITIES).default('warning').describe('How bad it is.'),
  summary: text('a sentence', 500).optional().describe('What is wrong and what to do; `{label}` and `{value}` stand for what they are.'),
}).meta({ id: 'AlertRule', title: 'Alert rule', description: 'Exactly one of metric, absent and event.' });

const slo = section("an object such as { service: 'shop', objective: '99.9%' }", {
  service: text("a service's name", 64).describe('Whose requests count.'),
  objective: share(0.5, 0.99999).describe('Share of requests that must be good: answered, and not by a 5xx.'),
  latency: duration('1ms', '60s')
    .optional()
    .describe('Good also means within this time; the nearest bound of the latency histogram is taken.'),
  period: preset(duration('1d', '90d'), '30d').describe('The window of the error budget.'),
  failures: whole(1, 1_000_000)
    .default(5)
    .describe('So many must have failed within the long window of an alert: a few requests a day are no rate.'),
}).meta({ id: 'Slo', title: 'Objective', description: 'A service level objective; alerts when its budget burns too fast.' });

const group = section("an object such as { by: ['rule', 'service'] }", {
  by: preset(listOf(text('a label', 64), 'a label', 10), ['rule', 'service']).describe(
    'Alerts with the same values of these are told together.',
  ),
  wait: preset(duration('0s', '10m'), '10s').describe('How long the first waits for others.'),
  repeat: preset(duration('1m', WEEK), '4h').describe('How often one that goes on is told again.'),
});

const detailed = section("an object such as { sinks: { ops: { slack: '…' } } }", {
  defaults: flag().default(true).describe('The rules that come with Sluice.'),
  every: preset(duration('1s', '5m'), '10s').describe('How often rules are looked at.'),
  group: preset(group, {}).describe('What is told together, and how often.'),
  rules: preset(
    named(
      "an object such as { busy: { metric: 'sluice_requests_inflight', above: 1000 } }",
      name(),
      z.union([z.literal(false), rule], { error: 'must be an object, or false' }),
    ),
    {},
  ).describe('Rules by name. One with the name of a default rule stands in its place; `false` turns that off.'),
  slos: preset(named("an object such as { checkout: { service: 'shop', objective: '99.9%' } }", name(), slo), {}).describe(
    'Objectives by name. A service without one has 99.9 % over 30 days, and only its fast alerts.',
  ),
  sinks: preset(named("an object such as { ops: { slack: '…' } }", name(), sinkSchema), {}).describe('Who is told, by name.'),
}).meta({ id: 'Alerts', title: 'Alerts', description: 'What is watched, and who is told.' });

/** The default rules are on unless told otherwise; without sinks they show in the dashboard and the log. Null when off. */
export const alertsSchema = preset(
  z.union([z.literal(false).transform(() => null), detailed], { error: 'must be an object, or false' }),
  {},
);

export type ValidAlerts = z.output<typeof alertsSchema>;
export type ValidAlertRule = z.output<typeof rule>;
