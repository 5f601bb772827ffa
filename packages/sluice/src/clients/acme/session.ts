/**
 * Signed requests to one ACME server: the directory, nonces, the account. A request that the server refuses for its nonce is sent again
 * (RFC 8555 §6.5); one that only asks is sent again after a network failure, too. Everything ends with the caller's signal.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountKey } from './account-key.ts';
import { AcmeError, problemText, readProblem } from './acme-error.ts';
import { type Directory, readDirectory } from './resources.ts';
import { retryAfterMs } from './retry-after.ts';
import type { Transport, TransportReply, TransportRequest } from './transport.ts';

export interface AcmeReply {
  /** Parsed JSON; undefined when the answer was something else. */
  readonly json: unknown;
  readonly body: Buffer;
  readonly status: number;
  readonly location: string | null;
  readonly retryAfterMs: number | null;
}

export interface SessionOptions {
  readonly directoryUrl: string;
  readonly transport: Transport;
  readonly key: AccountKey;
  /** Before an asking request is sent again; twice as long before the next. Default 1 s. */
  readonly retryMs?: number;
}

/** Pebble, as it comes, refuses one nonce in twenty; a server under load may refuse several. */
const NONCE_TRIES = 10;
const READ_TRIES = 3;
const RETRY_MS = 1_000;
const NONCES_MAX = 10;

export class AcmeSession {
  readonly key: AccountKey;
  readonly #transport: Transport;
  readonly #directoryUrl: string;
  #directory: Directory | null = null;
  readonly #retryMs: number;
  #nonces: string[] = [];
  /** The account's URL. Null: requests carry the key itself. */
  accountUrl: string | null = null;

  constructor({ directoryUrl, transport, key, retryMs = RETRY_MS }: SessionOptions) {
    this.#retryMs = retryMs;
    this.#directoryUrl = directoryUrl;
    this.#transport = transport;
    this.key = key;
  }

  /** RFC 8555 §7.1.1; read once. */
  async directory(signal: AbortSignal): Promise<Directory> {
    this.#directory ??= readDirectory((await this.get(this.#directoryUrl, 'its directory', signal)).json);
    return this.#directory;
  }

  /** What needs no signature. @param what For messages: `its directory`. */
  async get(url: string, what: string, signal: AbortSignal): Promise<AcmeReply> {
    return this.#patiently(signal, async () => this.#judge(url, what, await this.#exchange({ method: 'GET', url, signal })));
  }

  /** Asks (POST-as-GET). @param accept For what is not JSON. */
  async read(url: string, what: string, signal: AbortSignal, accept?: string): Promise<AcmeReply> {
    return this.#patiently(signal, () => this.#post(url, null, { what, signal, accept }));
  }

  /** Changes something; sent again only when the server refused its nonce. */
  async post(url: string, payload: object, what: string, signal: AbortSignal): Promise<AcmeReply> {
    return this.#post(url, payload, { what, signal });
  }

  async #post(
    url: string,
    payload: object | null,
    { what, signal, accept }: { what: string; signal: AbortSignal; accept?: string | undefined },
  ): Promise<AcmeReply> {
    for (let tries = 1; ; tries++) {
      const nonce = await this.#nonce(signal);
      const body = await this.key.sign(payload, { nonce, url, accountUrl: this.accountUrl });
      const headers = { 'content-type': 'application/jose+json', ...(accept === undefined ? {} : { accept }) };
      const reply = await this.#exchange({ method: 'POST', url, headers, body, signal });
      try {
        return this.#judge(url, what, reply);
      } catch (error) {
        if (!(error instanceof AcmeError) || error.type !== 'badNonce' || tries === NONCE_TRIES) throw error;
      }
    }
  }

  async #nonce(signal: AbortSignal): Promise<string> {
    const kept = this.#nonces.pop();
    if (kept !== undefined) return kept;
    const url = (await this.directory(signal)).newNonce;
    await this.#patiently(signal, async () => this.#judge(url, 'a nonce', await this.#exchange({ method: 'HEAD', url, signal })));
    const fresh = this.#nonces.pop();
    if (fresh === undefined) throw new AcmeError('protocol', `ACME server ${hostOf(url)} gave no nonce`);
    return fresh;
  }

  async #exchange(request: TransportRequest): Promise<TransportReply> {
    const reply = await this.#transport.exchange(request);
    const nonce = reply.header('replay-nonce');
    // RFC 8555 §6.5.1: base64url; others are of no use.
    if (nonce !== undefined && /^[\w-]+$/.test(nonce)) this.#nonces = [...this.#nonces, nonce].slice(-NONCES_MAX);
    return reply;
  }

  /** A failure is an AcmeError with the server's words. */
  #judge(url: string, what: string, reply: TransportReply): AcmeReply {
    const wait = retryAfterMs(reply.header('retry-after'), Date.now());
    const json = parseJson(reply);
    if (reply.status >= 200 && reply.status < 300) {
      return { json, body: reply.body, status: reply.status, location: reply.header('location') ?? null, retryAfterMs: wait };
    }
    const problem = readProblem(json);
    const reason = json === undefined ? `status ${reply.status}` : problemText(problem);
    const later = wait === null ? '' : `; not before ${new Date(Date.now() + wait).toISOString().slice(0, 19)}Z`;
    const isDown = reply.status >= 500 && problem.type === '';
    const message = `ACME server ${hostOf(url)} ${isDown ? 'failed at' : 'refused'} ${what}: ${reason}${later}`;
    throw new AcmeError(isDown ? 'unreachable' : 'refused', message, { type: problem.type, retryAfterMs: wait });
  }

  async #patiently<Value>(signal: AbortSignal, ask: () => Promise<Value>): Promise<Value> {
    for (let tries = 1; ; tries++) {
      try {
        return await ask();
      } catch (error) {
        const mayPass = error instanceof AcmeError && error.kind === 'unreachable' && error.type === '' && error.retryAfterMs === null;
        if (!mayPass || tries === READ_TRIES) throw error;
        await pause(this.#retryMs * tries, signal);
      }
    }
  }
}

/** Waits. @throws the signal's reason when it ends the wait. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

function parseJson(reply: TransportReply): unknown {
  if (!/^application\/(?:[\w.+-]*\+)?json/i.test(reply.header('content-type') ?? '')) return undefined;
  try {
    return JSON.parse(reply.body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
