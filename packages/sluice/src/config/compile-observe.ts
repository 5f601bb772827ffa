/** Compiles what shows and tells what happens. */
import { compileAlerts } from './compile-alerts.ts';
import type { ObserveSettings, OtlpPlan, TracingPlan } from './observe-plan.ts';
import type { ValidConfig } from './schema/config.ts';

export function compileObserve(config: ValidConfig): ObserveSettings {
  return {
    admin: { token: config.admin?.token ?? null, tokens: [], tls: null, dashboard: true, auditFile: null },
    events: config.events,
    otlp: compileOtlp(config.otlp),
    alerts: compileAlerts(config),
  };
}

export function compileTracing(tracing: ValidConfig['tracing']): TracingPlan | null {
  return tracing;
}

function compileOtlp(otlp: ValidConfig['otlp']): OtlpPlan | null {
  if (otlp === null) return null;
  const { url, headers, ca, timeout, compression, resource, traces, metrics, logs, queue } = otlp;
  return {
    url,
    headers,
    caFile: ca ?? null,
    timeoutMs: timeout,
    compression,
    resource,
    traces,
    metrics: metrics === null ? null : { everyMs: metrics.every },
    logs,
    queueMax: queue,
  };
}
