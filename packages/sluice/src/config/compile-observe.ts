/** Compiles what shows and tells what happens. */
import { compileAlerts } from './compile-alerts.ts';
import { type AdminSettings, NO_OBSERVE, type ObserveSettings, type OtlpPlan, type TracingPlan } from './observe-plan.ts';
import type { ValidConfig } from './schema/config.ts';

export function compileObserve(config: ValidConfig): ObserveSettings {
  return {
    admin: compileAdmin(config.admin),
    events: config.events,
    otlp: compileOtlp(config.otlp),
    alerts: compileAlerts(config),
  };
}

function compileAdmin(admin: ValidConfig['admin']): AdminSettings {
  if (admin === null) return NO_OBSERVE.admin;
  const { token, tokens, tls, dashboard, audit } = admin;
  const files = tls === null ? null : { certFile: tls.cert, keyFile: tls.key, clientCaFile: tls.clientCa ?? null, clients: tls.clients };
  return { token: token ?? null, tokens, tls: files, dashboard, auditFile: audit };
}

export function compileTracing({ tracing, otlp }: ValidConfig): TracingPlan | null {
  return tracing === null ? null : { ...tracing, isExported: otlp !== null && otlp.traces };
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
