/** A webhook, in the form of Alertmanager's (version 4, prometheus.io/docs/alerting/latest/configuration, `webhook_config`), which receivers know already. */
import type { SinkPlan } from '../../config/alert-plan.ts';
import type { AlertNotice, AlertSink, NoticeAlert } from '../../core/alerting/alert-notice.ts';
import { digest } from '../../core/alerting/labels.ts';
import { labelName, prometheusAnnotations, prometheusLabels } from './prometheus-alert.ts';
import { postToSink } from './sink-post.ts';

/** Go's zero time: it fires still. */
const NOT_YET = '0001-01-01T00:00:00Z';

export function webhookSink({ name, url, headers }: SinkPlan & { kind: 'webhook' }): AlertSink {
  return {
    send: (notice, signal) => postToSink({ url, headers, body: webhookBody(notice, name), signal }),
    async [Symbol.asyncDispose]() {},
  };
}

/** @param receiver The sink's name. */
export function webhookBody(notice: AlertNotice, receiver: string): object {
  const alerts = notice.alerts.map((alert) => webhookAlert(alert, notice.host));
  return {
    version: '4',
    groupKey: `${notice.host}/${notice.group}`,
    truncatedAlerts: notice.left,
    status: notice.state,
    receiver,
    groupLabels: Object.fromEntries(
      Object.entries(notice.labels).map(([name, value]) => (name === 'rule' ? ['alertname', value] : [labelName(name), value])),
    ),
    commonLabels: common(alerts.map(({ labels }) => labels)),
    commonAnnotations: common(alerts.map(({ annotations }) => annotations)),
    externalURL: '',
    alerts,
  };
}

interface WebhookAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Two machines that see the same are two alerts. */
function webhookAlert(alert: NoticeAlert, host: string): WebhookAlert & Readonly<Record<string, unknown>> {
  return {
    status: alert.state,
    labels: { instance: host, ...prometheusLabels(alert) },
    annotations: prometheusAnnotations(alert),
    startsAt: new Date(alert.sinceMs).toISOString(),
    endsAt: alert.resolvedMs === null ? NOT_YET : new Date(alert.resolvedMs).toISOString(),
    generatorURL: '',
    fingerprint: digest(`${host}/${alert.id}`),
  };
}

/** What all have alike. */
function common(all: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first = {}, ...others] = all;
  return Object.fromEntries(Object.entries(first).filter(([name, value]) => others.every((one) => one[name] === value)));
}
