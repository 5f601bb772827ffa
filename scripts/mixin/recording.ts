/** Recording rules: what share of a service's requests failed, over each window that burn rates are looked at in; and the rates that dashboards draw. */
import { BURN_ALERTS } from '../../packages/sluice/src/core/alerting/burn-rate.ts';
import { countedRequests, failedRequests } from '../../packages/sluice/src/core/alerting/prometheus-slo.ts';
import { BY, promDuration } from '../../packages/sluice/src/core/alerting/promql.ts';

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export const BURN_WINDOWS: readonly string[] = [
  ...new Set(BURN_ALERTS.flatMap(({ shortMs, longMs }) => [promDuration(shortMs), promDuration(longMs)])),
];

export function errorRatio(window: string): string {
  return `service:sluice_service_errors:ratio_rate${window}`;
}

export const RECORDING_RULES: readonly RecordingRule[] = [
  ...BURN_WINDOWS.map((window) => ({
    record: errorRatio(window),
    expr: `sum by (${BY}) (rate(${failedRequests('')}[${window}])) / (sum by (${BY}) (rate(${countedRequests('')}[${window}])) > 0)`,
  })),
  { record: 'service:sluice_service_requests:rate5m', expr: `sum by (${BY}) (rate(sluice_service_requests_total[5m]))` },
  ...[0.5, 0.99].map((quantile) => ({
    record: `service:sluice_service_request_duration_seconds:p${quantile * 100}_rate5m`,
    expr: `histogram_quantile(${quantile}, sum by (${BY}, le) (rate(sluice_service_request_duration_seconds_bucket[5m])))`,
  })),
];
