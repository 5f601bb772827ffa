/** One HTTPS exchange with an ACME server: verified, bounded in time and size, no redirects (RFC 8555 gives every URL in full). */
import type { IncomingMessage } from 'node:http';
import { AcmeError } from './acme-error.ts';

export interface TransportOptions {
  /** PEM of the authorities to trust instead of the system's, for a private server. */
  readonly caPem?: string | undefined;
  /** RFC 8555 §6.1 asks for one. */
  readonly userAgent: string;
  /** For one exchange. Default 30 s. */
  readonly timeoutMs?: number;
}

export interface TransportRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface TransportReply {
  readonly status: number;
  /** The first value of a field; undefined when there is none. */
  header(name: string): string | undefined;
  readonly body: Buffer;
}

/** What `session.ts` needs of it. */
export interface Transport {
  exchange(request: TransportRequest): Promise<TransportReply>;
  close(): void;
}

const BODY_BYTES_MAX = 1_048_576;
const TIMEOUT_MS = 30_000;
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/;

/** Makes a transport with connections of its own. `node:https` is taken like this because an `import` by name evaluates its lazy exports. */
export function httpsTransport(options: TransportOptions): Transport {
  const { Agent, request: open } = process.getBuiltinModule('node:https');
  const agent = new Agent({ keepAlive: true, maxSockets: 2, ...(options.caPem === undefined ? {} : { ca: options.caPem }) });
  return {
    close: () => agent.destroy(),
    exchange({ method, url, headers, body, signal }) {
      const bound = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)]);
      return new Promise<TransportReply>((resolve, reject) => {
        const fail = (error: Error): void => reject(signal.aborted ? (signal.reason as Error) : unreachable(url, error));
        if (!url.startsWith('https://')) return fail(new Error('not an https URL'));
        const request = open(url, {
          method,
          agent,
          signal: bound,
          headers: {
            'user-agent': options.userAgent,
            ...headers,
            ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          },
        });
        request.once('error', fail);
        request.once('response', (reply) => void collect(reply).then(resolve, fail));
        request.end(body);
      });
    },
  };
}

async function collect(reply: IncomingMessage): Promise<TransportReply> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of reply as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > BODY_BYTES_MAX) {
      reply.destroy();
      throw new Error(`its answer is larger than ${BODY_BYTES_MAX} bytes`);
    }
    parts.push(part);
  }
  return {
    status: reply.statusCode ?? 0,
    body: Buffer.concat(parts),
    header(name) {
      const value = reply.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
  };
}

function unreachable(url: string, error: Error): AcmeError {
  const { code = '' } = error as NodeJS.ErrnoException;
  const host = URL.canParse(url) ? new URL(url).host : url;
  const what = error.name === 'TimeoutError' || error.name === 'AbortError' ? 'no answer in time' : error.message || code;
  const isUntrusted = UNTRUSTED.test(code);
  const hint = isUntrusted ? `; name the authority that signed it, if it is a private one (${code})` : '';
  return new AcmeError('unreachable', `ACME server ${host}: ${what}${hint}`, { type: isUntrusted ? 'untrusted' : '', cause: error });
}
