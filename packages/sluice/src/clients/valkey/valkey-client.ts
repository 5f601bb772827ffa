/**
 * Commands to one Valkey or Redis server, for what we keep there: counters of limits, replies of the cache, words among nodes. A thin shell over @redis/client that never makes a request
 * wait for a server that is not well: without a connection a command fails at once, with one after `commandTimeoutMs`; and a server that has answered nothing for a second is dropped and
 * connected to anew. Commands of one turn of the event loop leave together: one round trip.
 *
 * Every promise here may be left alone: a rejection that nobody looks at harms nobody. All reject with `ValkeyFault`.
 */
import type { Runtime } from '../../base/runtime.ts';
import { type CommandWord, isErrorReply, type ValkeyReply, type ValkeyTls } from './library.ts';
import { readValkeyAddress, type ValkeyAddress, withoutPassword } from './valkey-address.ts';
import { messageOf, ValkeyConnection, type ValkeyState } from './valkey-connection.ts';
import { ValkeyFault } from './valkey-fault.ts';
import type { ValkeyScript } from './valkey-script.ts';

export interface ValkeyOptions {
  /** `readValkeyAddress` says which. @throws {Error} in the constructor when it is none. */
  readonly url: string;
  readonly tls?: ValkeyTls | null;
  readonly connectTimeoutMs?: number;
  /** For one command, its round trip included; 100 ms by default. */
  readonly commandTimeoutMs?: number;
  readonly runtime: Runtime;
  /** Told once per change. */
  readonly say: (state: ValkeyState) => void;
}

const COMMAND_TIMEOUT_MS = 100;
/** Without any answer for so long, with commands waiting, the connection is given up. */
const SILENCE_MAX_MS = 1_000;

export class ValkeyClient {
  readonly #options: ValkeyOptions;
  readonly #address: ValkeyAddress;
  readonly #connection: ValkeyConnection;
  readonly #timeoutMs: number;
  /** Commands without an answer, those that are late included; and when the last was heard, or the first of these was sent. */
  #waiting = 0;
  #heardAt = 0;

  constructor(options: ValkeyOptions) {
    const { url, tls = null, connectTimeoutMs = 2_000, runtime, say } = options;
    this.#options = options;
    this.#address = readValkeyAddress(url);
    this.#timeoutMs = options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS;
    this.#connection = new ValkeyConnection({ address: this.#address, tls, connectTimeoutMs, runtime, say });
  }

  /** Where it connects to, without the password. */
  get shown(): string {
    return this.#address.shown;
  }

  /** Whether there is a connection now. */
  get isUp(): boolean {
    return this.#connection.client !== null;
  }

  /** Begins to connect, in the background. */
  start(): void {
    this.#connection.start();
  }

  close(): void {
    this.#connection.close();
  }

  get(key: string): Promise<Buffer | null> {
    return this.#asked(['GET', key], (reply) => reply as Buffer | null);
  }

  /** In the order of the keys; null where there is none. */
  getMany(keys: readonly string[]): Promise<readonly (Buffer | null)[]> {
    if (keys.length === 0) return Promise.resolve([]);
    return this.#asked(['MGET', ...keys], (reply) => reply as readonly (Buffer | null)[]);
  }

  /** @param ttlMs Life, 1 or more. */
  set(key: string, value: Uint8Array, ttlMs: number): Promise<void> {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return this.#asked(['SET', key, bytes, 'PX', String(Math.max(1, Math.ceil(ttlMs)))], () => undefined);
  }

  /** How many there were. UNLINK: the server frees large values beside its work. */
  delete(keys: readonly string[]): Promise<number> {
    return keys.length === 0 ? Promise.resolve(0) : this.#asked(['UNLINK', ...keys], Number);
  }

  /** How many connections got it. */
  publish(channel: string, message: Uint8Array | string): Promise<number> {
    return this.#asked(['PUBLISH', channel, typeof message === 'string' ? message : Buffer.from(message)], Number);
  }

  /** Runs a script, which the server is given if it does not have it. */
  run(script: ValkeyScript, keys: readonly string[], values: readonly CommandWord[]): Promise<ValkeyReply> {
    const words = [String(keys.length), ...keys, ...values];
    return this.#bounded((send) =>
      send(['EVALSHA', script.sha1, ...words]).catch((error: unknown) => {
        if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
        return send(['EVAL', script.source, ...words]);
      }),
    );
  }

  /** Any command. */
  command(words: readonly CommandWord[]): Promise<ValkeyReply> {
    return this.#bounded((send) => send(words));
  }

  #asked<Value>(words: readonly CommandWord[], read: (reply: ValkeyReply) => Value): Promise<Value> {
    const asked = this.command(words).then(read);
    asked.catch(() => {});
    return asked;
  }

  #bounded(work: (send: (words: readonly CommandWord[]) => Promise<ValkeyReply>) => Promise<ValkeyReply>): Promise<ValkeyReply> {
    const bounded = new Promise<ValkeyReply>((resolve, reject) => {
      const cancel = this.#options.runtime.timers.after(this.#timeoutMs, () => {
        reject(new ValkeyFault('late', `${this.shown} did not answer within ${this.#timeoutMs} ms`));
        this.#late();
      });
      work((words) => this.#send(words)).then(
        (reply) => (cancel(), resolve(reply)),
        (error: unknown) => (cancel(), reject(this.#fault(error))),
      );
    });
    bounded.catch(() => {}); // whoever does not look at it does not end the process
    return bounded;
  }

  async #send(words: readonly CommandWord[]): Promise<ValkeyReply> {
    const { client } = this.#connection;
    if (client === null) throw new ValkeyFault('away', `${this.shown} is not connected`);
    if (this.#waiting === 0) this.#heardAt = this.#options.runtime.clock.now();
    this.#waiting += 1;
    try {
      return (await client.sendCommand(words)) as ValkeyReply;
    } finally {
      this.#waiting -= 1;
      this.#heardAt = this.#options.runtime.clock.now();
    }
  }

  #late(): void {
    const silentMs = this.#options.runtime.clock.now() - this.#heardAt;
    if (this.#waiting > 0 && silentMs >= SILENCE_MAX_MS) this.#connection.drop(`no answer for ${Math.floor(silentMs / 1_000)} s`);
  }

  /** An error reply is the server's; everything else is the connection's. */
  #fault(error: unknown): ValkeyFault {
    if (error instanceof ValkeyFault) return error;
    const message = `${this.shown}: ${withoutPassword(messageOf(error), this.#address)}`;
    return new ValkeyFault(isErrorReply(error) ? 'refused' : 'away', message, { cause: error });
  }
}
