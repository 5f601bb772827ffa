/**
 * The fields that the gateway acts on, recognised while their bytes are scanned: the scan keeps a rolling hash of the folded name
 * (lower case, `_` and `.` as `-`), and one table look-up plus one comparison decides. Folding makes aliases such as
 * `Content_Length` recognisable, so that they can be dropped instead of confusing an origin that folds as well.
 */
import { FOLDED } from './characters.ts';

export const OTHER = 0;
export const HOST = 1;
export const CONTENT_LENGTH = 2;
export const TRANSFER_ENCODING = 3;
export const CONNECTION = 4;
export const KEEP_ALIVE = 5;
export const PROXY_CONNECTION = 6;
export const TE = 7;
export const UPGRADE = 8;
export const EXPECT = 9;
export const X_FORWARDED_FOR = 10;
export const X_FORWARDED_PROTO = 11;
export const X_FORWARDED_HOST = 12;
export const X_FORWARDED_PORT = 13;
export const FORWARDED = 14;
export const VIA = 15;
export const X_REQUEST_ID = 16;
export const COOKIE = 17;
export const AUTHORIZATION = 18;
export const PROXY_AUTHORIZATION = 19;
export const PROXY_AUTHENTICATE = 20;
export const HTTP2_SETTINGS = 21;
export const TRAILER = 22;
export const X_REAL_IP = 23;
export const SET_COOKIE = 24;
export const ENDPOINT_LOAD_METRICS = 25;
export const X_ORIGINAL_URL = 26;
export const X_REWRITE_URL = 27;
export const DATE = 28;
export const RETRY_AFTER = 29;
export const X_FORWARDED_PREFIX = 30;
export const X_FORWARDED_SERVER = 31;

/** Names by id, lower case. */
export const KNOWN_NAMES: readonly string[] = [
  '',
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'upgrade',
  'expect',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'forwarded',
  'via',
  'x-request-id',
  'cookie',
  'authorization',
  'proxy-authorization',
  'proxy-authenticate',
  'http2-settings',
  'trailer',
  'x-real-ip',
  'set-cookie',
  'endpoint-load-metrics',
  'x-original-url',
  'x-rewrite-url',
  'date',
  'retry-after',
  'x-forwarded-prefix',
  'x-forwarded-server',
];

const TABLE_SIZE = 1024;
/** Ids by hash; collisions are excluded when the module is loaded. */
const TABLE = new Uint8Array(TABLE_SIZE);

export const HASH_START = 5381;

/** One step of the rolling hash; the caller folds the byte. */
export function hashStep(hash: number, folded: number): number {
  return (Math.imul(hash, 33) ^ folded) | 0;
}

function hashName(name: string): number {
  let hash = HASH_START;
  for (let index = 0; index < name.length; index++) hash = hashStep(hash, name.charCodeAt(index));
  return hash;
}

/** Spreads the rolling hash over the table. The multiplier was searched so that our names do not collide. */
function place(hash: number): number {
  return Math.imul(hash, 0x9e3779b7) >>> 22;
}

for (let id = 1; id < KNOWN_NAMES.length; id++) {
  const at = place(hashName(KNOWN_NAMES[id]!));
  if (TABLE[at] !== 0) throw new Error(`known field ${KNOWN_NAMES[id]} collides with ${KNOWN_NAMES[TABLE[at]!]}: change the hash`);
  TABLE[at] = id;
}

/** The id of the name in `bytes[start, end)`, whose rolling hash is `hash`; OTHER when it is none of ours. */
export function knownField(bytes: Uint8Array, start: number, end: number, hash: number): number {
  const id = TABLE[place(hash)]!;
  if (id === OTHER) return OTHER;
  const name = KNOWN_NAMES[id]!;
  if (name.length !== end - start) return OTHER;
  for (let index = 0; index < name.length; index++) {
    if (FOLDED[bytes[start + index]!] !== name.charCodeAt(index)) return OTHER;
  }
  return id;
}

/** Whether the name was written with `_` or `.` where ours has `-`. */
export function isAlias(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const byte = bytes[index]!;
    if (byte === 0x5f || byte === 0x2e) return true;
  }
  return false;
}
