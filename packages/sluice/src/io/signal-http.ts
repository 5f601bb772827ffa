/**
 * A GET for a scaling signal: whole, bounded in size, by http or https. Redirects are followed within the origin, three at most: another origin must not get the
 * credentials of this one. What is said about a failure never holds more of the URL than its origin and path: user, password and query may be secret.
 */
import type { IncomingMessage } from 'node:http';
import { http } from './node-http.ts';

export interface SignalReply {
  readonly status: number;
  readonly text: string;
}

const BODY_BYTES_MAX = 1_048_576;
const REDIRECTS_MAX = 3;

/**
 * Asks.
 * @throws {Error} when there is no whole answer; the message is for people.
 */
export async function signalGet(url: URL, abort: AbortSignal): Promise<SignalReply> {
  let at = url;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    const reply = await get(at, abort);
    const location = reply.headers.location;
    const status = reply.statusCode ?? 0;
    if (status < 300 || status > 399 || location === undefined) return { status, text: await collect(reply, at, abort) };
    reply.destroy();
    at = redirected(at, location);
  }
  throw new Error(`${shownUrl(url)} redirects more than ${REDIRECTS_MAX} times`);
}

/** A URL without what may be secret in it. */
export function shownUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

function get(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const { request } = url.protocol === 'https:' ? process.getBuiltinModule('node:https') : http;
  return new Promise((resolve, reject) => {
    // A connection of its own: the next question is seconds away.
    const options = {
      agent: false,
      signal,
      headers: { accept: 'application/json, text/plain', 'user-agent': 'sluice', connection: 'close' },
    };
    const asking = request(url, options, resolve);
    asking.once('error', (error) => reject(signal.aborted ? (signal.reason as Error) : unreachable(url, error)));
    asking.end();
  });
}

async function collect(reply: IncomingMessage, url: URL, signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of reply as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > BODY_BYTES_MAX) break;
      parts.push(part);
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : unreachable(url, error as Error);
  }
  if (bytes > BODY_BYTES_MAX) throw new Error(`the answer of ${shownUrl(url)} is larger than 1 MiB`);
  return Buffer.concat(parts).toString();
}

function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : null;
  if (to?.origin !== from.origin) {
    throw new Error(`${shownUrl(from)} redirects to another origin${to === null ? '' : ` (${to.origin})`}: name that one as the URL`);
  }
  to.username = from.username;
  to.password = from.password;
  return to;
}

function unreachable(url: URL, error: Error): Error {
  const { code = error.message } = error as NodeJS.ErrnoException;
  return new Error(`${shownUrl(url)} cannot be reached: ${code}`);
}
