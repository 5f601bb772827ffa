/**
 * Hears what is published on one channel, over a connection of its own. Messages are not kept for those who are away: after each connection that is not the first, `onGap` says that some
 * may have been missed. Asked for a sign of life each 10 s, so that a connection that is open and dead is found out.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { LibraryClient, ValkeyTls } from './library.ts';
import { readValkeyAddress } from './valkey-address.ts';
import { ValkeyConnection, type ValkeyState } from './valkey-connection.ts';

export interface SubscriberOptions {
  readonly url: string;
  readonly tls?: ValkeyTls | null;
  readonly connectTimeoutMs?: number;
  readonly channel: string;
  readonly runtime: Runtime;
  readonly say: (state: ValkeyState) => void;
  /** Must not throw. */
  readonly onMessage: (message: Buffer) => void;
  readonly onGap: () => void;
}

const PING_EACH_MS = 10_000;
const PING_TIMEOUT_MS = 2_000;

export class ValkeySubscriber {
  readonly #options: SubscriberOptions;
  readonly #connection: ValkeyConnection;
  #hasBeenUp = false;
  #cancelPings: Cancel = () => {};
  #cancelPing: Cancel = () => {};

  /** @throws {Error} where the URL is none. */
  constructor(options: SubscriberOptions) {
    const { url, tls = null, connectTimeoutMs = 2_000, runtime, say } = options;
    this.#options = options;
    const prepare = (client: LibraryClient): Promise<void> => this.#subscribe(client);
    this.#connection = new ValkeyConnection({ address: readValkeyAddress(url), tls, connectTimeoutMs, runtime, say, prepare });
  }

  start(): void {
    this.#connection.start();
    this.#cancelPings = this.#options.runtime.timers.every(PING_EACH_MS, () => this.#ping());
  }

  close(): void {
    this.#cancelPings();
    this.#cancelPing();
    this.#connection.close();
  }

  async #subscribe(client: LibraryClient): Promise<void> {
    await client.subscribe(this.#options.channel, (message) => this.#options.onMessage(message), true);
    if (this.#hasBeenUp) this.#options.onGap();
    this.#hasBeenUp = true;
  }

  #ping(): void {
    const { client } = this.#connection;
    if (client === null) return;
    this.#cancelPing();
    this.#cancelPing = this.#options.runtime.timers.after(PING_TIMEOUT_MS, () => this.#connection.drop('no sign of life'));
    client.sendCommand(['PING']).then(
      () => this.#cancelPing(),
      () => this.#cancelPing(),
    );
  }
}
