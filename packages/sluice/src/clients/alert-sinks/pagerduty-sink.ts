/** PagerDuty's Events API v2 (developer.pagerduty.com/docs/send-alert-event): one event for each alert; machine and id are the `dedup_key`, so that what is told again opens nothing twice, and one machine's end is not another's. */
import type { SinkPlan } from '../../config/alert-plan.ts';
import type { AlertNotice, AlertSink, NoticeAlert } from '../../core/alerting/alert-notice.ts';
import { cut, labelLine } from './notice-text.ts';
import { postToSink } from './sink-post.ts';

/** Of `payload.summary`; more is refused. */
const SUMMARY_MAX = 1_024;
/** Of the rest: 512 KiB is the bound of an event. */
const LABELS_MAX = 8_192;
/** Of `dedup_key` it is 255, of which an id takes 16. */
const HOST_MAX = 200;

export function pagerdutySink({ url, routingKey }: SinkPlan & { kind: 'pagerduty' }): AlertSink {
  return {
    async send(notice, signal) {
      for (const alert of notice.alerts)
        await postToSink({ url, headers: {}, body: pagerdutyEvent(alert, notice, routingKey), secret: routingKey, signal });
    },
    async [Symbol.asyncDispose]() {},
  };
}

export function pagerdutyEvent(alert: NoticeAlert, { host, isTest }: AlertNotice, routingKey: string): object {
  const { id, rule, severity, state, labels, summary, value, sinceMs } = alert;
  const event = { routing_key: routingKey, dedup_key: `${host.slice(0, HOST_MAX)}/${id}` };
  if (state === 'resolved') return { ...event, event_action: 'resolve' };
  const { service } = labels;
  return {
    ...event,
    event_action: 'trigger',
    client: 'Sluice',
    payload: {
      summary: cut(`${isTest ? '[TEST] ' : ''}${rule}: ${summary}`, SUMMARY_MAX),
      source: host,
      severity,
      timestamp: new Date(sinceMs).toISOString(),
      class: rule,
      ...(service === undefined ? {} : { component: service }),
      custom_details: { labels: cut(labelLine(alert), LABELS_MAX), ...(value === null ? {} : { value }) },
    },
  };
}
