/**
 * A POST of JSON to whoever is told of alerts: whole, its answer bounded, redirects not followed (they would take the secret along). What is said of a failure names the host and nothing
 * else of the URL: in a webhook's path stands its secret.
 */
import type { IncomingMessage } from 'node:http';
import { SinkDelay, SinkRefusal } from '../../core/alerting/alert-notice.ts';
import { retryAfterMs } from '../acme/retry-after.ts';

export interface SinkPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Of the body: never shown, even where the answer repeats it. */
  readonly secret?: string;
  /** Its time. */
  readonly signal: AbortSignal;
}

const ANSWER_BYTES_MAX = 16_384;
const SHOWN_MAX = 200;
/** Later: the receiver was too slow (408), or has too much to do (429). */
const LATER = new Set([408, 429]);

/** @throws SinkRefusal, SinkDelay or Error, as `AlertSink.send` does. */
export async function postToSink({ url, headers, body, secret = '', signal }: SinkPost): Promise<void> {
  const target = new URL(url);
  const reply = await open(target, headers, JSON.stringify(body), signal);
  const answer = await collect(reply, signal).catch(() => '');
  const { statusCode: status = 0 } = reply;
  if (status >= 200 && status <= 299) return;
  const message = `${target.host} answered ${status}${answer === '' ? '' : `: ${withoutSecrets(answer, target, [secret, ...Object.values(headers)])}`}`;
  const afterMs = retryAfterMs(reply.headers['retry-after'], Date.now());
  if (status < 500 && !LATER.has(status)) throw new SinkRefusal(message);
  throw afterMs === null ? new Error(message) : new SinkDelay(message, afterMs);
}

function open(url: URL, headers: Readonly<Record<string, string>>, body: string, signal: AbortSignal): Promise<IncomingMessage> {
  const { request } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http');
  const auth = url.username === '' ? {} : { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` };
  return new Promise((resolve, reject) => {
    const asking = request(
      url,
      {
        // A connection of its own: the next notice is minutes away.
        agent: false,
        method: 'POST',
        signal,
        ...auth,
        headers: {
          'user-agent': 'sluice',
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
          ...headers,
        },
      },
      resolve,
    );
    asking.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(`${url.host}: ${signal.aborted ? 'no answer in time' : (error.code ?? error.message)}`)),
    );
    asking.end(body);
  });
}

async function collect(reply: IncomingMessage, signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of reply as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > ANSWER_BYTES_MAX || signal.aborted) break;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The first line of an answer, in which receivers are fond of repeating what they were asked. */
function withoutSecrets(answer: string, url: URL, more: readonly string[]): string {
  const secrets = [url.pathname, url.search, url.username, url.password, ...more].filter(({ length }) => length > 3);
  let line = answer.trim().replaceAll(/[\0-\x1f\x7f]+/g, ' ');
  for (const secret of secrets) line = line.replaceAll(secret, '[hidden]');
  return line.slice(0, SHOWN_MAX);
}
