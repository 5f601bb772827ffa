/**
 * Alertmanager's API v2 (`POST /api/v2/alerts`). Its alerts end by themselves when nobody repeats them (`resolve_timeout`, five minutes) unless they say when: ours say twice the time
 * after which they are told again, and that they are over when they are.
 */
import type { SinkPlan } from '../../config/alert-plan.ts';
import type { AlertNotice, AlertSink, NoticeAlert } from '../../core/alerting/alert-notice.ts';
import { prometheusAnnotations, prometheusLabels } from './prometheus-alert.ts';
import { postToSink } from './sink-post.ts';

const SPARE_MS = 300_000;

/** @param repeatMs How often a notice of what goes on is sent again. */
export function alertmanagerSink({ url, headers }: SinkPlan & { kind: 'alertmanager' }, repeatMs: number): AlertSink {
  const target = `${url.replace(/\/+$/, '')}/api/v2/alerts`;
  return {
    send: (notice, signal) => postToSink({ url: target, headers, body: alertmanagerBody(notice, 2 * repeatMs + SPARE_MS), signal }),
    async [Symbol.asyncDispose]() {},
  };
}

/** @param keptMs How long it fires unless it is told again. */
export function alertmanagerBody({ alerts, atMs, host }: AlertNotice, keptMs: number): readonly object[] {
  const endsAt = ({ resolvedMs }: NoticeAlert): string => new Date(resolvedMs ?? atMs + keptMs).toISOString();
  return alerts.map((alert) => ({
    // Two machines that see the same are two alerts.
    labels: { instance: host, ...prometheusLabels(alert) },
    annotations: prometheusAnnotations(alert),
    startsAt: new Date(alert.sinceMs).toISOString(),
    endsAt: endsAt(alert),
  }));
}
