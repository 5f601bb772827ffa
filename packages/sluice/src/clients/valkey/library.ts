/** The npm package @redis/client, loaded with the first use, and the little of it that is used: one connection, commands as words, and its subscriptions. */
import type * as Library from '@redis/client';
import { ValkeyFault } from './valkey-fault.ts';
import type { ValkeyAddress } from './valkey-address.ts';

export type CommandWord = string | Buffer;

/** What a server answers: strings as bytes, the rest as RESP3 has it. */
export type ValkeyReply = Buffer | number | null | readonly ValkeyReply[];

/** A connection of the library's. */
export interface LibraryClient {
  connect(): Promise<unknown>;
  /** At once; commands under way reject. */
  destroy(): void;
  sendCommand(words: readonly CommandWord[]): Promise<unknown>;
  subscribe(channel: string, listener: (message: Buffer, channel: Buffer) => unknown, asBytes: true): Promise<unknown>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

/** How TLS is checked; PEM. */
export interface ValkeyTls {
  /** Null: the authorities that Node trusts. */
  readonly ca: string | null;
  /** Null: none is shown. */
  readonly certificate: string | null;
  readonly key: string | null;
  /** Null: the host's. */
  readonly serverName: string | null;
}

/** Commands that wait for a connection's answers at most: what is beyond fails at once. */
const COMMANDS_MAX = 10_000;

/** Makes one connection that has not begun yet. @throws {ValkeyFault} of kind `setup` where the package is missing. */
export async function newLibraryClient(address: ValkeyAddress, tls: ValkeyTls | null, connectTimeoutMs: number): Promise<LibraryClient> {
  const library = await load();
  const { username, password, database } = address;
  const client = library.createClient({
    socket: socketOptions(address, tls, connectTimeoutMs) as { host: string; port: number },
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    database,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    commandsQueueMaxLength: COMMANDS_MAX,
    commandOptions: { typeMapping: { [library.RESP_TYPES.BLOB_STRING]: Buffer } },
  });
  return client;
}

/** `valkey-connection.ts` connects again by itself, with a deadline that includes the handshake, which the library's has not. */
function socketOptions({ path, host, port, isTls }: ValkeyAddress, tls: ValkeyTls | null, connectTimeoutMs: number): object {
  const common = { connectTimeout: connectTimeoutMs, reconnectStrategy: false };
  if (path !== null) return { ...common, path, tls: false };
  if (!isTls) return { ...common, host, port };
  const { ca = null, certificate = null, key = null, serverName = null } = tls ?? {};
  return {
    ...common,
    host,
    port,
    tls: true,
    ...(ca === null ? {} : { ca }),
    ...(certificate === null ? {} : { cert: certificate }),
    ...(key === null ? {} : { key }),
    ...(serverName === null ? {} : { servername: serverName }),
  };
}

/** Whether the server answered with an error. By the name of the class, since the class itself is there only once the library is loaded. */
export function isErrorReply(error: unknown): boolean {
  for (let type: unknown = error?.constructor; typeof type === 'function'; type = Object.getPrototypeOf(type))
    if (type.name === 'ErrorReply') return true;
  return false;
}

async function load(): Promise<typeof Library> {
  try {
    return await import('@redis/client');
  } catch (error) {
    throw new ValkeyFault('setup', 'a Valkey or Redis server needs the package @redis/client: npm install @redis/client', { cause: error });
  }
}
