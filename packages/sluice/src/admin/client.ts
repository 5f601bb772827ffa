/**
 * What the commands use to talk to a running Sluice: one request per connection, over TCP or a unix socket. Every failure is one
 * sentence that says what to do.
 */
import type { IncomingMessage, RequestOptions } from 'node:http';
import { http } from '../io/node-http.ts';
import { ADMIN, formatAddress, parseAddress } from '../config/address.ts';
import type { AddressPlan } from '../config/plan.ts';

export const ADMIN_ADDRESS_DEFAULT = '127.0.0.1:9900';

/** Answers are bounded too; a status of 10,000 routes is about 4 MiB. */
const ANSWER_BYTES_MAX = 64 * 1_048_576;

/** Something that the person at the terminal can act on; the message is one line. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
  /** Members of the problem that the API answered with; null when nothing answered. */
  readonly problem: Readonly<Record<string, unknown>> | null;

  constructor(message: string, problem: Readonly<Record<string, unknown>> | null = null) {
    super(message);
    this.problem = problem;
  }
}

export interface AdminCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

/** A running Sluice's admin API. */
export class AdminClient {
  readonly #address: AddressPlan;
  readonly #token: string | null;

  /** @param address As people write it. @param token null for none. @throws {AdminError} when the address is not one. */
  constructor(address: string, token: string | null) {
    const parsed = parseAddress(address, ADMIN);
    if (!parsed.ok) throw new AdminError(`--admin "${address}" ${parsed.problem}${parsed.hint === null ? '' : `; ${parsed.hint}`}`);
    this.#address = parsed.address;
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
    const response = await this.#open(path);
    if (response.statusCode !== 200) throw this.#refusal(response.statusCode ?? 0, parseJson(await readAnswer(response)));
    let rest = '';
    response.setEncoding('utf8');
    try {
      for await (const chunk of response as AsyncIterable<string>) {
        const parts = (rest + chunk).split('\n');
        rest = parts.pop()!;
        yield* parts;
      }
    } catch (error) {
      throw this.#failure(error as Error);
    }
  }

  /** Without a deadline: the answer may go on for days. */
  #open(path: string): Promise<IncomingMessage> {
    const { signal: _, ...options } = this.#options({ method: 'GET', path }, null);
    return new Promise((resolve, reject) => {
      http.get(options, resolve).once('error', (error) => reject(this.#failure(error)));
    });
  }

  #refusal(status: number, value: unknown): AdminError {
    const problem = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
    if (typeof problem?.['detail'] === 'string') return new AdminError(problem['detail'], problem);
    return new AdminError(
      `${formatAddress(this.#address)} answered ${status}, which is not the admin API of sluice; name the right address with --admin`,
    );
  }

  #exchange(call: AdminCall): Promise<{ status: number; text: string }> {
    const body = call.body === undefined ? null : JSON.stringify(call.body);
    return new Promise((resolve, reject) => {
      const outgoing = http.request(this.#options(call, body), (response) => {
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
    const target =
      this.#address.kind === 'unix' ? { socketPath: this.#address.path } : { host: this.#address.host, port: this.#address.port };
    const headers: Record<string, string | number> = { accept: 'application/json' };
    if (this.#address.kind === 'unix') headers['host'] = 'localhost';
    if (this.#token !== null) headers['authorization'] = `Bearer ${this.#token}`;
    if (body !== null) {
      headers['content-type'] = 'application/json';
      headers['content-length'] = Buffer.byteLength(body);
    }
    return {
      ...target,
      method: call.method,
      path: call.path,
      headers,
      agent: false,
      signal: AbortSignal.timeout(call.timeoutMs ?? 10_000),
    };
  }

  #failure(error: NodeJS.ErrnoException): AdminError {
    if (error instanceof AdminError) return error;
    const address = formatAddress(this.#address);
    if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') {
      return new AdminError(`no sluice answers on ${address}; is it running, and is its admin API there (--admin ADDRESS)?`);
    }
    if (error.name === 'AbortError' || error.name === 'TimeoutError') return new AdminError(`sluice on ${address} did not answer in time`);
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
