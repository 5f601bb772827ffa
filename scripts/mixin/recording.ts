/** Recording rules: what share of a service's requests failed, over each window that burn rates are looked at in; and the rates that dashboards draw. */
import { BURN_ALERTS } from '../../packages/sluice/src/core/alerting/burn-rate.ts';

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

/** Of what series are kept apart: Sluice may run on many machines. */
export const BY = 'job, instance, service';
const TOTAL = 'sluice_service_requests_total';
/** What counts against an objective: a 5xx, or no whole reply. */
export const BAD = `${TOTAL}{code=~"5xx|cut"}`;

export const BURN_WINDOWS: readonly string[] = [
  ...new Set(BURN_ALERTS.flatMap(({ shortMs, longMs }) => [promDuration(shortMs), promDuration(longMs)])),
];

export function errorRatio(window: string): string {
  return `service:sluice_service_errors:ratio_rate${window}`;
}

export const RECORDING_RULES: readonly RecordingRule[] = [
  ...BURN_WINDOWS.map((window) => ({
    record: errorRatio(window),
    expr: `sum by (${BY}) (rate(${BAD}[${window}])) / (sum by (${BY}) (rate(${TOTAL}[${window}])) > 0)`,
  })),
  { record: 'service:sluice_service_requests:rate5m', expr: `sum by (${BY}) (rate(${TOTAL}[5m]))` },
  ...[0.5, 0.99].map((quantile) => ({
    record: `service:sluice_service_request_duration_seconds:p${quantile * 100}_rate5m`,
    expr: `histogram_quantile(${quantile}, sum by (${BY}, le) (rate(sluice_service_request_duration_seconds_bucket[5m])))`,
  })),
];

/** `5m`, `1h`, `3d`. @param ms Whole minutes. */
export function promDuration(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 1) return `${ms / 1_000}s`;
  if (minutes % 1_440 === 0) return `${minutes / 1_440}d`;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}
