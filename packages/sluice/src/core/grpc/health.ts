/**
 * The health protocol of gRPC (grpc, doc/health-checking.md: grpc.health.v1.Health/Check), its two messages written by hand:
 * `HealthCheckRequest { string service = 1; }`, `HealthCheckResponse { ServingStatus status = 1; }`. Protocol buffers are little here: a
 * tag and a varint or a length (protobuf.dev, "Encoding"); fields that are not known are passed over.
 */
import { assert } from '../../base/assert.ts';
import { onlyMessage, prefixed } from './message.ts';

export const HEALTH_PATH = '/grpc.health.v1.Health/Check';

/** More than this is no answer to the question. The whole body: prefix and message. */
export const HEALTH_REPLY_BYTES_MAX = 1_024;

/** `UNKNOWN` also stands for a status number that is not known: only `SERVING` is healthy. */
export type ServingStatus = 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

export type HealthReply =
  | { readonly kind: 'status'; readonly status: ServingStatus }
  | { readonly kind: 'malformed'; readonly what: string };

const STATUSES: readonly ServingStatus[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

const SERVICE_TAG = (1 << 3) | 2;
const STATUS_FIELD = 1;
const SERVICE_BYTES_MAX = 1_000;

/** Wire types. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const UTF8 = new TextEncoder();

/** The body of a request. @param service `''` asks for the server as a whole; at most 1,000 bytes. */
export function encodeHealthRequest(service: string): Uint8Array {
  const name = UTF8.encode(service);
  assert(name.length <= SERVICE_BYTES_MAX, `the name of a gRPC service has at most ${SERVICE_BYTES_MAX} bytes`);
  if (name.length === 0) return prefixed(new Uint8Array(0)); // a default value is not written
  const length = name.length < 128 ? [name.length] : [(name.length & 127) | 128, name.length >> 7];
  return prefixed(Uint8Array.from([SERVICE_TAG, ...length, ...name]));
}

/** Reads the whole body of a reply. */
export function decodeHealthReply(body: Uint8Array): HealthReply {
  if (body.length > HEALTH_REPLY_BYTES_MAX) return malformed(`The reply is longer than ${HEALTH_REPLY_BYTES_MAX} bytes.`);
  const message = onlyMessage(body);
  if (message === null) return malformed('The reply is not exactly one uncompressed gRPC message.');
  const cursor = { bytes: message, at: 0 };
  let status = 0;
  while (cursor.at < message.length) {
    const tag = readVarint(cursor);
    if (tag === null || tag >= 2 ** 32 || tag < 8) return malformed('A field tag of HealthCheckResponse is malformed.');
    const field = Math.floor(tag / 8);
    if (field === STATUS_FIELD) {
      const value = tag % 8 === VARINT ? readVarint(cursor) : null;
      if (value === null) return malformed('The status of HealthCheckResponse is no number.');
      status = value; // the last one counts
    } else if (!skipField(cursor, tag % 8)) {
      return malformed('A field of HealthCheckResponse is cut short or of no known type.');
    }
  }
  return { kind: 'status', status: STATUSES[status] ?? 'UNKNOWN' };
}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** At most ten bytes and 64 bits; above 2^53 inexact, which is enough to be none of our numbers. Null: cut short or too long. */
function readVarint(cursor: Cursor): number | null {
  let value = 0;
  for (let index = 0; index < 10; index++) {
    const byte = cursor.bytes[cursor.at];
    if (byte === undefined) return null;
    cursor.at++;
    value += (byte & 127) * 2 ** (7 * index);
    if (byte < 128) return index === 9 && byte > 1 ? null : value;
  }
  return null;
}

function skipField(cursor: Cursor, type: number): boolean {
  switch (type) {
    case VARINT:
      return readVarint(cursor) !== null;
    case FIXED64:
      cursor.at += 8;
      break;
    case BYTES: {
      const length = readVarint(cursor);
      if (length === null) return false;
      cursor.at += length;
      break;
    }
    case FIXED32:
      cursor.at += 4;
      break;
    default:
      return false; // groups, which proto3 has not
  }
  return cursor.at <= cursor.bytes.length;
}

function malformed(what: string): HealthReply {
  return { kind: 'malformed', what };
}
