/**
 * The rules that are on without a word of configuration: what everybody who runs Sluice wants to know, and nothing that needs a figure of
 * their own. Names are stable: they are what a configuration changes, a silence names and a receiver routes by.
 */
import type { AlertRule, ThresholdRule } from '../core/alerting/rule.ts';

const MINUTE_MS = 60_000;
const DAY_SECONDS = 86_400;

/** The default objective's alerts; it has no rule of its own below. */
export const DEFAULT_SLO_RULE = 'error-budget-burning';
/** Alerts of configured objectives. */
export const SLO_RULE = 'slo-burning';

type Parts = Pick<ThresholdRule, 'name' | 'severity' | 'metric' | 'summary' | 'forMs'> & Partial<ThresholdRule>;

function threshold(parts: Parts): ThresholdRule {
  return {
    kind: 'threshold',
    labels: {},
    windowMs: 5 * MINUTE_MS,
    above: null,
    below: null,
    per: null,
    quantile: null,
    keepMs: 0,
    ...parts,
  };
}

export const DEFAULT_RULES: readonly AlertRule[] = [
  threshold({
    name: 'no-healthy-endpoint',
    severity: 'critical',
    metric: 'alert_service_endpoints_usable',
    below: 1,
    forMs: 20_000,
    summary:
      'No endpoint of {service} can be used: its requests fail or wait; see sluice status, and whether its checks fail for a reason of their own.',
  }),
  {
    kind: 'event',
    name: 'crash-loop',
    severity: 'critical',
    event: 'instance-crash-loop',
    windowMs: 10 * MINUTE_MS,
    count: 1,
    forMs: 0,
    keepMs: 0,
    summary: 'Instances of {service} end again and again as soon as they start; sluice logs {service} shows what they say before.',
  },
  threshold({
    name: 'certificate-expiry',
    severity: 'critical',
    metric: 'sluice_certificate_expiry_seconds',
    below: 7 * DAY_SECONDS,
    forMs: MINUTE_MS,
    summary:
      'The certificate of {name} at listener {listener} ends in less than 7 days: renew it; where Sluice orders it, the event certificate-failed says why it did not come.',
  }),
  threshold({
    name: 'certificate-expires-soon',
    severity: 'warning',
    metric: 'sluice_certificate_expiry_seconds',
    below: 14 * DAY_SECONDS,
    forMs: MINUTE_MS,
    summary: 'The certificate of {name} at listener {listener} ends in less than 14 days; ordered ones should have been renewed by now.',
  }),
  threshold({
    name: 'scaler-at-max',
    severity: 'warning',
    metric: 'alert_scaler_at_max',
    above: 0,
    forMs: 10 * MINUTE_MS,
    summary: '{service} has had as many instances as it may for 10 minutes: raise replicas.max, or see sluice why {service}.',
  }),
  threshold({
    name: 'requests-wait',
    severity: 'warning',
    metric: 'sluice_service_parked',
    above: 0,
    forMs: 30_000,
    summary: '{value} requests have waited for an instance of {service} for more than 30 seconds; see sluice why {service}.',
  }),
  threshold({
    name: 'memory-near-bound',
    severity: 'warning',
    metric: 'alert_memory_share',
    above: 0.9,
    forMs: MINUTE_MS,
    summary: "Sluice holds {value} of the memory that it may have (1 is all): lower the caches' memory, or raise the bound.",
  }),
  threshold({
    name: 'disk-near-bound',
    severity: 'warning',
    metric: 'alert_disk_share',
    above: 0.9,
    forMs: MINUTE_MS,
    summary:
      'The file system of {path} is full but for a little ({value} of it is used): make room, or the cache and logs cannot be written.',
  }),
  {
    kind: 'event',
    name: 'worker-crashed',
    severity: 'warning',
    event: 'worker-crashed',
    windowMs: 5 * MINUTE_MS,
    count: 1,
    forMs: 0,
    keepMs: 0,
    summary: 'Worker {worker} has crashed and was started again; the event worker-crashed says why. Please report it.',
  },
  threshold({
    name: 'access-log-dropped',
    severity: 'warning',
    metric: 'sluice_access_log_dropped_total',
    above: 0,
    forMs: 0,
    summary: 'Access log lines are lost because the disk is too slow: log elsewhere, or less.',
  }),
  threshold({
    name: 'spans-dropped',
    severity: 'info',
    metric: 'sluice_spans_total',
    labels: { outcome: 'dropped' },
    above: 0,
    forMs: 0,
    summary:
      'Spans of traces are lost: the collector is away or too slow; the events that begin with otlp- say why, or sample fewer traces.',
  }),
  threshold({
    name: 'breaker-open',
    severity: 'warning',
    metric: 'sluice_service_breaker_state',
    above: 0,
    forMs: 5 * MINUTE_MS,
    summary:
      'The circuit breaker of {service} has been open for 5 minutes: requests are refused without being tried; see why the service fails.',
  }),
];

/** Said of objectives. */
export const BURN_SUMMARY =
  '{service} fails so often that the error budget of objective {slo} burns {value} times as fast as it may; sluice status shows which endpoints fail.';
