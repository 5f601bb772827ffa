/**
 * The fields that the gateway acts on, recognised by length and three folded bytes (lower case, `_` and `.` as `-`), one table look-up
 * and one comparison. Folding makes aliases such as `Content_Length` recognisable, so that they can be dropped instead of confusing
 * an origin that folds as well.
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
export const X_FORWARDED_PREFIX = 29;
export const X_FORWARDED_SERVER = 30;
export const X_CLIENT_CERT_SUBJECT = 31;
export const X_CLIENT_CERT_SAN = 32;
export const X_CLIENT_CERT_FINGERPRINT = 33;
export const X_CLIENT_CERT_VERIFIED = 34;
export const STRICT_TRANSPORT_SECURITY = 35;
export const TRACEPARENT = 36;
export const TRACESTATE = 37;
export const BAGGAGE = 38;

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
  'x-forwarded-prefix',
  'x-forwarded-server',
  'x-client-cert-subject',
  'x-client-cert-san',
  'x-client-cert-fingerprint',
  'x-client-cert-verified',
  'strict-transport-security',
  'traceparent',
  'tracestate',
  'baggage',
];

/** The name was written with `_` or `.` where ours has `-`; joined to the id. */
export const ALIAS = 0x40;

const TABLE_BITS = 10;
/** Ids by key; collisions are excluded when the module is loaded. */
const TABLE = new Uint8Array(1 << TABLE_BITS);

/** Where a name of this length stands, by three of its folded bytes. Chosen so that our names do not collide. */
function place(length: number, first: number, middle: number, lastButOne: number): number {
  return Math.imul(length | (first << 8) | (middle << 16) | (lastButOne << 24), 0x85ebca6b) >>> (32 - TABLE_BITS);
}

for (let id = 1; id < KNOWN_NAMES.length; id++) {
  const name = KNOWN_NAMES[id]!;
  const at = place(name.length, name.charCodeAt(0), name.charCodeAt(name.length >> 1), name.charCodeAt(name.length - 2));
  if (TABLE[at] !== 0) throw new Error(`known field ${name} collides with ${KNOWN_NAMES[TABLE[at]!]}: change the key`);
  TABLE[at] = id;
}

/** The id of the name in `bytes[start, end)` (at least one byte), with ALIAS where it is one; OTHER when it is none of ours. */
export function knownField(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 2 || length > 255) return OTHER;
  const id = TABLE[place(length, FOLDED[bytes[start]!]!, FOLDED[bytes[start + (length >> 1)]!]!, FOLDED[bytes[end - 2]!]!)]!;
  if (id === OTHER) return OTHER;
  const name = KNOWN_NAMES[id]!;
  if (name.length !== length) return OTHER;
  let isAlias = false;
  for (let index = 0; index < length; index++) {
    const byte = bytes[start + index]!;
    if (FOLDED[byte] !== name.charCodeAt(index)) return OTHER;
    if (byte === 0x5f || byte === 0x2e) isAlias = true;
  }
  return isAlias ? id | ALIAS : id;
}
