/**
 * Calls of the Docker Engine API over a unix socket, by `dockerode`: each with a deadline, each fault sorted. The library is an optional peer and takes
 * 0.25 s to load, so that happens at the first call. Paths carry no API version: each engine answers in its newest, and all that is
 * used here is in every one since 1.41 (Docker 20.10, Podman 3).
 */
import type { Readable } from 'node:stream';
import { EngineFault, engineFault } from './engine-fault.ts';

export interface EngineCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Without query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: object;
  /** Until the whole answer is there; of a stream, until its head is. Default 10 s. */
  readonly deadlineMs?: number;
}

/** What is used of the library's modem, which has no types of its own. */
interface Modem {
  dial(options: object, done: (error: Error | null, result: unknown) => void): void;
}

const DEADLINE_MS = 10_000;
const FINE = { 200: true, 201: true, 204: true, 304: true };

export class EngineConnection {
  readonly socket: string;
  #modem: Promise<Modem> | null = null;

  constructor(socket: string) {
    this.socket = socket;
  }

  /** @returns The parsed answer. @throws {EngineFault} */
  call(call: EngineCall): Promise<unknown> {
    return this.#dial(call, { isStream: false, abort: new AbortController() });
  }

  /** The answer as it comes. @param signal Ends it. @throws {EngineFault} */
  async stream(call: EngineCall, signal: AbortSignal): Promise<Readable> {
    const abort = new AbortController();
    const end = (): void => abort.abort();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    try {
      const stream = (await this.#dial(call, { isStream: true, abort })) as Readable;
      // An abort is an end like any other to who reads.
      stream.on('error', () => {});
      stream.once('close', () => signal.removeEventListener('abort', end));
      if (signal.aborted) stream.destroy();
      else signal.addEventListener('abort', () => stream.destroy(), { once: true });
      return stream;
    } catch (error) {
      signal.removeEventListener('abort', end);
      throw error;
    }
  }

  async #dial(
    { method, path, query = {}, body, deadlineMs = DEADLINE_MS }: EngineCall,
    { isStream, abort }: { readonly isStream: boolean; readonly abort: AbortController },
  ): Promise<unknown> {
    const modem = await this.#load();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    // The library never calls back when an answer breaks off in its middle.
    const late = new EngineFault('away', `the container engine at ${this.socket} did not answer within ${deadlineMs} ms`);
    const timer = setTimeout(() => (reject(late), abort.abort()), deadlineMs);
    const options = {
      method,
      path: `${path}?`,
      isStream,
      statusCodes: FINE,
      abortSignal: abort.signal,
      options: { _query: query, ...(body === undefined ? { _body: {} } : { _body: body }) },
    };
    modem.dial(options, (error, result) => (error === null ? resolve(result) : reject(error)));
    try {
      return await promise;
    } catch (error) {
      throw engineFault(error, this.socket);
    } finally {
      clearTimeout(timer);
    }
  }

  #load(): Promise<Modem> {
    this.#modem ??= loadModem(this.socket);
    return this.#modem;
  }
}

async function loadModem(socketPath: string): Promise<Modem> {
  const { default: Docker } = await import('dockerode').catch(() => {
    throw new EngineFault('setup', 'containers need the package dockerode: npm install dockerode');
  });
  try {
    // All of it said: else $DOCKER_HOST would win over the socket. A connection per call: one that was kept dies with the engine unnoticed.
    const options = { socketPath, host: '', protocol: 'http' as const, agent: new (process.getBuiltinModule('node:http').Agent)() };
    return new Docker(options).modem;
  } catch (error) {
    throw new EngineFault(
      'setup',
      `dockerode cannot be used with this environment ($DOCKER_HOST, $DOCKER_CERT_PATH): ${(error as Error).message}`,
    );
  }
}
