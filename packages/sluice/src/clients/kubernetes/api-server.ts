/**
 * Requests to a Kubernetes API server: JSON in and out, and watches, which are lines of JSON for as long as both like. Every exchange is bounded in time
 * and size; what goes wrong is a KubernetesFault. Paths and verbs are those of the Kubernetes API reference ("API Concepts").
 */
import type { IncomingMessage, RequestOptions } from 'node:http';
import type { ClusterAccess } from './cluster-access.ts';
import { KubernetesFault, statusFault } from './kubernetes-fault.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the root: `/api/v1/namespaces/shop/pods?limit=500`. */
  readonly path: string;
  /** Sent as JSON; for PATCH as a JSON merge patch (RFC 7386). */
  readonly body?: unknown;
}

export interface ApiWatcher {
  /** The server accepted the watch. */
  opened(): void;
  /** @throws {KubernetesFault} to end the watch. */
  event(value: unknown): void;
}

const BODY_BYTES_MAX = 64 * 1_048_576;
const LINE_BYTES_MAX = 8 * 1_048_576;
const REQUEST_TIMEOUT_MS = 10_000;
/** A watch says something at least each minute (bookmarks), and is ended by the server after `timeoutSeconds`. */
const WATCH_SILENCE_MS = 90_000;

export class ApiServer implements Disposable {
  readonly #access: ClusterAccess;
  readonly #closing = new AbortController();

  constructor(access: ClusterAccess) {
    this.#access = access;
  }

  /** @throws {KubernetesFault} */
  async request({ method, path, body }: ApiRequest): Promise<unknown> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = text === undefined ? {} : { 'content-type': contentType(method), 'content-length': String(Buffer.byteLength(text)) };
    const reply = await this.#open(method, path, headers, text, signal);
    const answer = await readText(reply, BODY_BYTES_MAX).catch((error: unknown) => {
      throw away(error);
    });
    const status = reply.statusCode ?? 0;
    if (status < 200 || status > 299) throw statusFault(status, `${method} ${path.split('?')[0]}: ${status} ${messageOf(answer)}`);
    return parse(answer);
  }

  /**
   * Tells `watcher` of each line until the server ends the watch (returns) or it fails.
   * @throws {KubernetesFault}
   */
  async watch(path: string, watcher: ApiWatcher, signal: AbortSignal): Promise<void> {
    const reply = await this.#open('GET', path, {}, undefined, AbortSignal.any([this.#closing.signal, signal]));
    const status = reply.statusCode ?? 0;
    if (status !== 200)
      throw statusFault(
        status,
        `watch ${path.split('?')[0]}: ${status} ${messageOf(await readText(reply, LINE_BYTES_MAX).catch(() => ''))}`,
      );
    watcher.opened();
    reply.setEncoding('utf8');
    reply.setTimeout(WATCH_SILENCE_MS, () => reply.destroy(new Error(`a watch was silent for ${WATCH_SILENCE_MS / 1_000} s`)));
    let rest = '';
    try {
      for await (const piece of reply as AsyncIterable<string>) {
        const lines = (rest + piece).split('\n');
        rest = lines.pop()!;
        if (rest.length > LINE_BYTES_MAX) throw new Error(`an event is larger than ${LINE_BYTES_MAX} bytes`);
        for (const line of lines) if (line !== '') watcher.event(parse(line));
      }
    } catch (error) {
      throw error instanceof KubernetesFault ? error : away(error);
    }
  }

  [Symbol.dispose](): void {
    this.#closing.abort(new KubernetesFault('away', 'closed'));
  }

  async #open(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { server } = this.#access;
    const isTls = server.protocol === 'https:';
    const options: RequestOptions = { headers: { accept: 'application/json', 'user-agent': 'sluice', ...headers } };
    await this.#access.authorize(options).catch((error: unknown) => {
      throw new KubernetesFault('refused', `no credentials for ${server.host}: ${(error as Error).message}`, { cause: error });
    });
    // Its agent is for TLS, whatever the server's scheme.
    if (!isTls) delete options.agent;
    const { request } = isTls ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http');
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const url = new URL(server.pathname.replace(/\/$/, '') + path, server);
      const opened = request(url, { ...options, method, signal }, resolve);
      opened.once('error', (error) => reject(signal.aborted && signal.reason instanceof KubernetesFault ? signal.reason : away(error)));
      opened.end(body);
    });
  }
}

function contentType(method: string): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
}

function away(error: unknown): KubernetesFault {
  const { code, message } = error as NodeJS.ErrnoException;
  return new KubernetesFault('away', `the API server cannot be reached: ${code ?? message}`, { cause: error });
}

async function readText(reply: IncomingMessage, bytesMax: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of reply as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > bytesMax) throw new Error(`an answer is larger than ${bytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new KubernetesFault('away', `the API server's answer is no JSON: ${JSON.stringify(text.slice(0, 80))}`, { cause: error });
  }
}

/** Of a `Status` object, or the text itself. */
function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string') return message.slice(0, 300);
  } catch {
    // Not a Status: its beginning is shown.
  }
  return text.slice(0, 100);
}
