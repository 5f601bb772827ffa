/**
 * One GET to another program, bounded in time and size: key sets. A redirect is an answer like any other that is not 200: followed, it could lead to where TLS is not.
 * `node:https` is taken like this because an `import` by name evaluates its lazy exports.
 */
import type { IncomingMessage } from 'node:http';
import { http } from '../../io/node-http.ts';

export interface FetchBounds {
  readonly timeoutMs: number;
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

/** The content as UTF-8. Rejects with a message that has nothing of the content. */
export function fetchText(url: string, { timeoutMs, bytesMax, signal }: FetchBounds): Promise<string> {
  const { request: open } = url.startsWith('https:') ? process.getBuiltinModule('node:https') : http;
  const late = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(late.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error);
    const headers = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'sluice' };
    const request = open(url, { agent: false, headers, signal: AbortSignal.any([signal, late]) });
    request.once('error', fail);
    request.once('response', (reply) => void collect(reply, bytesMax).then(resolve, fail));
    request.end();
  });
}

async function collect(reply: IncomingMessage, bytesMax: number): Promise<string> {
  if (reply.statusCode !== 200) {
    reply.destroy();
    throw new Error(`answers ${reply.statusCode ?? 0}`);
  }
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of reply as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > bytesMax) throw new Error(`answers more than ${bytesMax} bytes`); // leaving the loop destroys it
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
