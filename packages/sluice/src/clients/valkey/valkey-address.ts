/**
 * Where a server is, read from a URL: `redis://`, `rediss://` (TLS), or `valkey://` and `valkeys://`, which mean the same; `redis://user:password@host:6379/2`; `redis+unix:///run/valkey.sock?db=2&user=u&password=p`.
 * What is shown to people is the address without user and password.
 */

export interface ValkeyAddress {
  /** A path; null = `host` and `port`. */
  readonly path: string | null;
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** Null: the default user, or none. */
  readonly username: string | null;
  readonly password: string | null;
  readonly database: number;
  /** For messages and logs: scheme, place and database. */
  readonly shown: string;
}

const PORT = 6_379;
const SCHEMES: Readonly<Record<string, 'tcp' | 'tls' | 'unix'>> = {
  'redis:': 'tcp',
  'valkey:': 'tcp',
  'rediss:': 'tls',
  'valkeys:': 'tls',
  'redis+unix:': 'unix',
  'valkey+unix:': 'unix',
};

/** @throws {Error} which says what is wrong and never shows the URL, because it may hold a password. */
export function readValkeyAddress(text: string): ValkeyAddress {
  const url = URL.parse(text);
  if (url === null)
    throw new Error('the URL of the Valkey server cannot be read: write redis://host:6379, rediss://host:6379 or redis+unix:///path');
  const kind = SCHEMES[url.protocol];
  if (kind === undefined)
    throw new Error(
      `the scheme of the Valkey server must be redis, rediss, valkey, valkeys, redis+unix or valkey+unix, got ${url.protocol.slice(0, -1)}`,
    );
  const isUnix = kind === 'unix';
  if (isUnix ? url.pathname.length < 2 : url.hostname === '')
    throw new Error(`the URL of the Valkey server has no ${isUnix ? 'path' : 'host'}`);
  const database = readDatabase(isUnix ? (url.searchParams.get('db') ?? '') : url.pathname.replace(/^\//, ''));
  if (Number.isNaN(database)) throw new Error('the database of the Valkey server must be a number from 0, as in redis://host:6379/2');
  const port = url.port === '' ? PORT : Number(url.port);
  return {
    path: isUnix ? decoded(url.pathname) : null,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    isTls: kind === 'tls',
    username: isUnix ? url.searchParams.get('user') : decoded(url.username),
    password: isUnix ? url.searchParams.get('password') : decoded(url.password),
    database,
    shown: `${url.protocol}//${isUnix ? url.pathname : `${url.hostname}:${port}`}${database === 0 ? '' : isUnix ? `?db=${database}` : `/${database}`}`,
  };
}

function readDatabase(text: string): number {
  return text === '' ? 0 : /^\d{1,5}$/.test(text) ? Number(text) : NaN;
}

function decoded(part: string): string | null {
  try {
    return part === '' ? null : decodeURIComponent(part);
  } catch {
    throw new Error('the URL of the Valkey server has a % that is no escape: write %25 for it');
  }
}

/** A message from elsewhere without this address's password. */
export function withoutPassword(message: string, { password }: ValkeyAddress): string {
  if (password === null) return message;
  return message.replaceAll(password, '***').replaceAll(encodeURIComponent(password), '***');
}
