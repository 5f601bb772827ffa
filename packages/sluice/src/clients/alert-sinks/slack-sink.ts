/** Slack's incoming webhooks (docs.slack.dev, "Sending messages using incoming webhooks"), by attachments, which Mattermost, Rocket.Chat and Discord's `/slack` take too. */
import type { SinkPlan } from '../../config/alert-plan.ts';
import type { AlertNotice, AlertSink, NoticeAlert } from '../../core/alerting/alert-notice.ts';
import type { Severity } from '../../core/alerting/severity.ts';
import { cut, labelLine, noticeTitle, stateLine } from './notice-text.ts';
import { postToSink } from './sink-post.ts';

const SHOWN_MAX = 10;
const TEXT_MAX = 2_000;
const COLOURS: Readonly<Record<Severity, string>> = { info: '#439fe0', warning: 'warning', critical: 'danger' };

export function slackSink({ url, channel }: SinkPlan & { kind: 'slack' }): AlertSink {
  return {
    send: (notice, signal) => postToSink({ url, headers: {}, body: slackBody(notice, channel), signal }),
    async [Symbol.asyncDispose]() {},
  };
}

/** @param channel Null: the webhook's own. */
export function slackBody(notice: AlertNotice, channel: string | null): object {
  const shown = notice.alerts.slice(0, SHOWN_MAX);
  const unshown = notice.alerts.length - shown.length + notice.left;
  const attachments: object[] = shown.map(attachment);
  if (unshown > 0) attachments.push({ fallback: `and ${unshown} more`, text: `and ${unshown} more` });
  return { ...(channel === null ? {} : { channel }), text: escaped(noticeTitle(notice)), attachments };
}

function attachment(alert: NoticeAlert): object {
  const text = cut(escaped(alert.summary), TEXT_MAX);
  return {
    color: alert.state === 'resolved' ? 'good' : COLOURS[alert.severity],
    fallback: `${escaped(alert.rule)}: ${text}`,
    title: escaped(alert.rule),
    text,
    footer: cut(escaped([stateLine(alert), labelLine(alert)].filter((part) => part !== '').join(' · ')), TEXT_MAX),
    ts: Math.floor((alert.resolvedMs ?? alert.sinceMs) / 1_000),
  };
}

/** Their three control characters: a label cannot mention `<!channel>`. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
