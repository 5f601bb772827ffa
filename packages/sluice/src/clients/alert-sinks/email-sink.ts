/**
 * Mail, through nodemailer, loaded with the first one. TLS by STARTTLS is a must except to the machine itself: a password never travels in the clear. A recipient that the server refuses
 * for good (5xx) is not tried again.
 */
import { isIPv4 } from 'node:net';
import type { Transporter } from 'nodemailer';
import type { SinkPlan } from '../../config/alert-plan.ts';
import { type AlertNotice, type AlertSink, SinkRefusal } from '../../core/alerting/alert-notice.ts';
import { labelLine, noticeTitle, stateLine } from './notice-text.ts';

type EmailPlan = SinkPlan & { kind: 'email' };

export function emailSink(plan: EmailPlan): AlertSink {
  return {
    async send(notice, signal) {
      const transport = await connect(plan);
      const stop = (): void => transport.close();
      signal.addEventListener('abort', stop, { once: true });
      try {
        await Promise.race([transport.sendMail({ from: plan.from, to: [...plan.to], ...mailOf(notice) }), aborted(signal)]);
      } catch (error) {
        throw mailFault(error, new URL(plan.url).host);
      } finally {
        signal.removeEventListener('abort', stop);
        transport.close();
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Text, and the same as HTML. */
export function mailOf(notice: AlertNotice): { readonly subject: string; readonly text: string; readonly html: string } {
  const subject = noticeTitle(notice);
  const left = notice.left === 0 ? '' : `and ${notice.left} more`;
  const texts = notice.alerts.map((alert) =>
    [`${alert.rule}: ${alert.summary}`, labelLine(alert), stateLine(alert)].filter((line) => line !== '').join('\n  '),
  );
  const rows = notice.alerts.map(
    (alert) =>
      `<tr><td><b>${escaped(alert.rule)}</b></td><td>${escaped(alert.summary)}<br><small>${escaped(labelLine(alert))}<br>${escaped(stateLine(alert))}</small></td></tr>`,
  );
  return {
    subject,
    text: [...texts, left].filter((part) => part !== '').join('\n\n'),
    html: `<p>${escaped(subject)}</p><table>${rows.join('')}</table>${left === '' ? '' : `<p>${left}</p>`}`,
  };
}

async function connect({ url, timeoutMs }: EmailPlan): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  const { protocol, hostname, port, username, password } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const isImplicit = protocol === 'smtps:';
  const isLocal = host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
  return createTransport({
    host,
    port: port === '' ? (isImplicit ? 465 : 587) : Number(port),
    secure: isImplicit,
    requireTLS: !isImplicit && !isLocal,
    // The machine's own server shows a certificate of its own, if any.
    tls: { rejectUnauthorized: !isLocal },
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(new Error('no answer in time'));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

/** The parts of nodemailer's errors that are read. */
interface MailError {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly message?: string;
}

/** RFC 5321 §4.2.1: 4yz is for later, 5yz for good. */
function mailFault(error: unknown, host: string): Error {
  const { code = '', responseCode = 0, response, message = '' } = error as MailError;
  const what = (response ?? message).replaceAll(/[\0-\x1f\x7f]+/g, ' ').slice(0, 200);
  const text = `${host}: ${code === '' ? '' : `${code}: `}${what}`;
  return responseCode >= 500 ? new SinkRefusal(text) : new Error(text);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
