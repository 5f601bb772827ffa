/**
 * What the commands use to talk to a running Sluice: one request per connection, over TCP, TLS or a unix socket. Every failure is one
 * sentence that says what to do.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import { http, https } from '../io/node-http.ts';
import { formatAddress } from '../config/address.ts';
import { type AdminTarget, adminTarget, tlsRemedy } from './client-target.ts';
import { AdminError } from './client-error.ts';
import { type ServerSentEvent, SseParser } from './sse-parser.ts';

export { AdminError } from './client-error.ts';

export const ADMIN_ADDRESS_DEFAULT = '127.0.0.1:9900';

/** Answers are bounded too; a status of 10,000 routes is about 4 MiB. */
const ANSWER_BYTES_MAX = 64 * 1_048_576;

export interface AdminCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

/** A running Sluice's admin API. */
export class AdminClient {
  readonly #target: AdminTarget;
  readonly #token: string | null;

  /** @param address As people write it, or with `https://`. @param token null for none. @throws {AdminError} when the address is not one. */
  constructor(address: string, token: string | null) {
    this.#target = adminTarget(address);
    this.#token = token;
  }

  /** Calls the API and reads its JSON. @throws {AdminError} when nothing answers, or the answer is a refusal. */
  async call(call: AdminCall): Promise<unknown> {
    const { status, text } = await this.#exchange(call);
    const value = parseJson(text);
    if (status >= 200 && status < 300 && value !== undefined) return value;
    throw this.#refusal(status, value);
  }

  /** The lines of an answer that goes on, until it ends. @throws {AdminError} when nothing answers, the answer is a refusal, or it breaks off. */
  async *lines(path: string): AsyncIterable<string> {
    let rest = '';
    for await (const text of this.#texts(path, {})) {
      const parts = (rest + text).split('\n');
      rest = parts.pop()!;
      yield* parts;
    }
  }

  /**
   * The events of a stream (SSE), until it ends.
   * @param lastId The last one that was seen: what came after it is sent again where it is still kept.
   * @throws {AdminError} when nothing answers, the answer is a refusal, it breaks off, or an event is larger than 16 MiB.
   */
  async *events(path: string, lastId?: string): AsyncIterable<ServerSentEvent> {
    const parser = new SseParser();
    const headers = { accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'last-event-id': lastId }) };
    for await (const text of this.#texts(path, headers)) {
      const events = parser.push(text);
      if (events === null) throw new AdminError(`an event of ${path} is larger than 16 MiB`);
      yield* events;
    }
  }

  async *#texts(path: string, headers: Readonly<Record<string, string>>): AsyncIterable<string> {
    const response = await this.#open(path, headers);
    if (response.statusCode !== 200) throw this.#refusal(response.statusCode ?? 0, parseJson(await readAnswer(response)));
    response.setEncoding('utf8');
    try {
      yield* response as AsyncIterable<string>;
    } catch (error) {
      throw this.#failure(error as Error);
    }
  }

  /** Without a deadline: the answer may go on for days. */
  #open(path: string, headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    const options = this.#options({ method: 'GET', path }, null);
    return new Promise((resolve, reject) => {
      const outgoing = this.#request({ ...options, headers: { ...(options.headers as object), ...headers } }, resolve);
      outgoing.once('error', (error) => reject(this.#failure(error)));
      outgoing.end();
    });
  }

  #request(options: RequestOptions, answered: (response: IncomingMessage) => void): ClientRequest {
    return (this.#target.tls === null ? http : https()).request(options, answered);
  }

  #refusal(status: number, value: unknown): AdminError {
    const problem = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
    if (typeof problem?.['detail'] === 'string') return new AdminError(problem['detail'], problem);
    return new AdminError(
      `${formatAddress(this.#target.address)} answered ${status}, which is not the admin API of sluice; name the right address with --admin`,
    );
  }

  #exchange(call: AdminCall): Promise<{ status: number; text: string }> {
    const body = call.body === undefined ? null : JSON.stringify(call.body);
    return new Promise((resolve, reject) => {
      const deadline = { signal: AbortSignal.timeout(call.timeoutMs ?? 10_000) };
      const outgoing = this.#request({ ...this.#options(call, body), ...deadline }, (response) => {
        readAnswer(response).then(
          (text) => resolve({ status: response.statusCode ?? 0, text }),
          (error: Error) => reject(this.#failure(error)),
        );
      });
      outgoing.once('error', (error) => reject(this.#failure(error)));
      outgoing.end(body ?? undefined);
    });
  }

  #options(call: AdminCall, body: string | null): RequestOptions {
    const { address, tls } = this.#target;
    const target = address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port };
    const headers: Record<string, string | number> = { accept: 'application/json' };
    if (address.kind === 'unix') headers['host'] = 'localhost';
    if (this.#token !== null) headers['authorization'] = `Bearer ${this.#token}`;
    if (body !== null) {
      headers['content-type'] = 'application/json';
      headers['content-length'] = Buffer.byteLength(body);
    }
    return { ...target, ...tls, method: call.method, path: call.path, headers, agent: false };
  }

  #failure(error: NodeJS.ErrnoException): AdminError {
    if (error instanceof AdminError) return error;
    const address = formatAddress(this.#target.address);
    if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') {
      return new AdminError(`no sluice answers on ${address}; is it running, and is its admin API there (--admin ADDRESS)?`);
    }
    if (error.name === 'AbortError' || error.name === 'TimeoutError') return new AdminError(`sluice on ${address} did not answer in time`);
    const tls = tlsRemedy(error, this.#target);
    if (tls !== null) return new AdminError(`sluice on ${address} ${tls}`);
    if (error.code === 'EACCES') return new AdminError(`${address} may not be opened by this user; run as the user that runs sluice`);
    return new AdminError(`sluice on ${address} could not be asked: ${error.message}`);
  }
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) throw new AdminError('the answer is larger than 64 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
