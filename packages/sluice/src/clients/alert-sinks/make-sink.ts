/** The sink of a plan. */
import type { SinkPlan } from '../../config/alert-plan.ts';
import type { AlertSink } from '../../core/alerting/alert-notice.ts';
import { alertmanagerSink } from './alertmanager-sink.ts';
import { emailSink } from './email-sink.ts';
import { pagerdutySink } from './pagerduty-sink.ts';
import { slackSink } from './slack-sink.ts';
import { webhookSink } from './webhook-sink.ts';

/** @param repeatMs How often a notice of what goes on is sent again. */
export function makeSink(plan: SinkPlan, repeatMs: number): AlertSink {
  switch (plan.kind) {
    case 'webhook':
      return webhookSink(plan);
    case 'slack':
      return slackSink(plan);
    case 'email':
      return emailSink(plan);
    case 'alertmanager':
      return alertmanagerSink(plan, repeatMs);
    case 'pagerduty':
      return pagerdutySink(plan);
  }
}
