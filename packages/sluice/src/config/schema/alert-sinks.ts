/** Who is told of alerts. Exactly one of slack, webhook, email, alertmanager and pagerduty; `checks/alerts.ts` sees to that. */
import * as z from 'zod';
import { SEVERITIES } from '../../core/alerting/severity.ts';
import { choice, duration, flag, listOf, text } from './scalar.ts';
import { named, preset, section } from './section.ts';

const HTTP_ALLOWED = "must be a URL such as 'https://hooks.example.com/alerts'";
const SMTP_ALLOWED = "must be a URL such as 'smtps://user:password@mail.example.com' or 'smtp://127.0.0.1:25'";
const MAIL_ALLOWED = "must be a mail address such as 'ops@example.com'";

const url = () =>
  z
    .string({ error: HTTP_ALLOWED })
    .max(4_096, HTTP_ALLOWED)
    .regex(/^https?:\/\/[^\s/?#]+[^\s#]*$/, HTTP_ALLOWED);
const address = () =>
  z
    .string({ error: MAIL_ALLOWED })
    .max(320, MAIL_ALLOWED)
    .regex(/^[^\s@<>]+@[^\s@<>]+$|^[^\r\n<>]{1,200} <[^\s@<>]+@[^\s@<>]+>$/, MAIL_ALLOWED);

const email = section("an object such as { smtp: 'smtps://…', from: 'sluice@example.com', to: 'ops@example.com' }", {
  smtp: z
    .string({ error: SMTP_ALLOWED })
    .max(4_096, SMTP_ALLOWED)
    .regex(/^smtps?:\/\/[^\s/]+\/?$/, SMTP_ALLOWED)
    .describe(
      'The mail server. `smtps://` is TLS from the start, `smtp://` begins in the clear: STARTTLS is required, except to this machine (`localhost`, 127.0.0.0/8, ::1). Secret.',
    ),
  from: address().describe('Who writes.'),
  to: listOf(address(), 'a mail address', 50).describe('Who is written to.'),
});

/** One of them. */
export const sinkSchema = section("an object such as { slack: 'https://hooks.slack.com/services/…' }", {
  slack: url().optional().describe("An incoming webhook's URL: Slack, Mattermost, Rocket.Chat. Secret: write `${SLACK_URL}`."),
  channel: text('a channel', 80).optional().describe("Slack: another channel than the webhook's own, where it may be chosen."),
  webhook: url().optional().describe('A URL; the body is that of Alertmanager’s webhooks (version 4). Secret.'),
  email: email.optional().describe('By SMTP.'),
  alertmanager: url().optional().describe('An Alertmanager: `/api/v2/alerts` is added.'),
  pagerduty: text('a routing key', 256).optional().describe('A routing key of the Events API v2. Secret.'),
  endpoint: url()
    .optional()
    .describe("PagerDuty: another address than `https://events.pagerduty.com/v2/enqueue` (the EU's, or something that takes its events)."),
  headers: preset(named('an object of texts', text('a header name', 256), text('a text', 8_192)), {}).describe(
    'Webhooks and Alertmanager: sent with each notice. Secret.',
  ),
  severity: choice(SEVERITIES).default('warning').describe('Only alerts at least this severe.'),
  resolved: flag().default(true).describe('Whether it is told when an alert is over.'),
  timeout: preset(duration('100ms', '1m'), '10s').describe('For each try.'),
}).meta({ id: 'AlertSink', title: 'Alert sink', description: 'Who is told of alerts.' });

export type ValidSink = z.output<typeof sinkSchema>;
