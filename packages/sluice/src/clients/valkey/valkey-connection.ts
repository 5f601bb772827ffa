/**
 * One connection to a server that is kept: opened in the background, with a deadline that covers the handshake too, and again whenever it is lost, after waits that grow from 50 ms to 10 s
 * with full jitter. Nobody waits for it: there is one now or there is none. What changes is said once.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { Instant } from '../../base/time.ts';
import { backoffMs } from '../../core/limiting/backoff.ts';
import { type LibraryClient, newLibraryClient, type ValkeyTls } from './library.ts';
import { type ValkeyAddress, withoutPassword } from './valkey-address.ts';
import { ValkeyFault } from './valkey-fault.ts';

/** Said when the connection is there, when it is lost, and when the reason why it cannot be had is another. */
export type ValkeyState = { readonly state: 'up' } | { readonly state: 'away'; readonly reason: string };

export interface ConnectionOptions {
  readonly address: ValkeyAddress;
  readonly tls: ValkeyTls | null;
  /** Until the server has taken the password; 2 s by default. */
  readonly connectTimeoutMs?: number;
  readonly runtime: Runtime;
  readonly say: (state: ValkeyState) => void;
  /** Runs before the connection counts as there; what it rejects with ends it. */
  readonly prepare?: (client: LibraryClient) => Promise<void>;
}

const CONNECT_TIMEOUT_MS = 2_000;
const BACKOFF_BASE_MS = 50;
const BACKOFF_MAX_MS = 10_000;
/** A connection that lasted so long was good: the waits begin anew. */
const GOOD_MS = 5_000;

export class ValkeyConnection {
  readonly #options: ConnectionOptions;
  #client: LibraryClient | null = null;
  #connecting: LibraryClient | null = null;
  #failures = 0;
  #upSince: Instant | null = null;
  #said: string | null = null;
  #cancelRetry: Cancel = () => {};
  #isClosed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** The connection, if there is one now. */
  get client(): LibraryClient | null {
    return this.#client;
  }

  start(): void {
    void this.#open();
  }

  /** Ends the connection that there is because it is of no use, and opens another. */
  drop(reason: string): void {
    if (this.#client !== null) this.#lost(this.#client, new Error(reason));
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRetry();
    destroy(this.#connecting);
    destroy(this.#client);
    this.#connecting = this.#client = null;
  }

  async #open(): Promise<void> {
    const { address, tls, connectTimeoutMs = CONNECT_TIMEOUT_MS, runtime } = this.#options;
    let client: LibraryClient | null = null;
    try {
      client = await newLibraryClient(address, tls, connectTimeoutMs);
      if (this.#isClosed) return;
      this.#connecting = client;
      const mine = client;
      client.on('error', (error) => this.#lost(mine, error));
      await this.#ready(client, connectTimeoutMs);
      this.#connecting = null;
      if (this.#isClosed) return destroy(client);
      this.#client = client;
      this.#upSince = runtime.clock.now();
      this.#say({ state: 'up' });
    } catch (error) {
      this.#connecting = null;
      destroy(client);
      this.#retry(error);
    }
  }

  async #ready(client: LibraryClient, timeoutMs: number): Promise<void> {
    let cancel: Cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      cancel = this.#options.runtime.timers.after(timeoutMs, () => reject(new Error(`no connection within ${timeoutMs} ms`)));
    });
    const connected = client.connect().then(() => this.#options.prepare?.(client));
    connected.catch(() => {});
    try {
      await Promise.race([connected, late]);
    } finally {
      cancel();
    }
  }

  #lost(client: LibraryClient, error: unknown): void {
    if (client !== this.#client) return; // one that was never there fails in `#open`
    this.#client = null;
    destroy(client);
    this.#retry(error);
  }

  #retry(error: unknown): void {
    if (this.#isClosed) return;
    const { runtime, address } = this.#options;
    if (this.#upSince !== null && runtime.clock.now() - this.#upSince >= GOOD_MS) this.#failures = 0;
    this.#upSince = null;
    this.#say({ state: 'away', reason: withoutPassword(messageOf(error), address) });
    if (error instanceof ValkeyFault && error.kind === 'setup') return; // nothing will change that in this process
    this.#failures += 1;
    const waitMs = backoffMs(this.#failures, BACKOFF_BASE_MS, BACKOFF_MAX_MS, runtime.random);
    this.#cancelRetry = runtime.timers.after(waitMs, () => void this.#open());
  }

  #say(state: ValkeyState): void {
    const text = state.state === 'up' ? '' : state.reason;
    if (text === this.#said) return;
    this.#said = text;
    this.#options.say(state);
  }
}

/** One line, whatever it is. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}

function destroy(client: LibraryClient | null): void {
  try {
    client?.destroy();
  } catch {
    // It was never open, or is closed already: either is what we want.
  }
}
