/**
 * gRPC as an exchange knows it (grpc, doc/PROTOCOL-HTTP2.md): a request is told by its content type, its deadline by `grpc-timeout`, how it went by `grpc-status`,
 * which stands in the trailers, or in the head of a reply that has nothing else ("Trailers-Only"). Messages are never looked into.
 */
import { equalsIgnoringCase } from '../../core/http1/framing.ts';
import type { HeadParser } from '../../core/http1/head-parser.ts';
import { GRPC_STATUS, grpcStatusOfHttp, type GrpcStatus, parseGrpcStatus } from '../../core/grpc/status.ts';
import { parseGrpcTimeout } from '../../core/grpc/timeout.ts';

/** The content type of gRPC; `+proto` and the like, or parameters, may follow. */
export const GRPC_TYPE = 'application/grpc';

const STATUS = 'grpc-status';

/** Whether a head is a call's: `application/grpc` with or without a format, and not gRPC-Web. */
export function isCall(parser: HeadParser, bytes: Uint8Array, start: number): boolean {
  const type = fieldOf(parser, bytes, start, 'content-type');
  if (type === null || type.slice(0, GRPC_TYPE.length).toLowerCase() !== GRPC_TYPE) return false;
  const next = type[GRPC_TYPE.length];
  return next === undefined || next === '+' || next === ';' || next === ' ';
}

/**
 * The bound that a call's client has set.
 * @returns Milliseconds, >= 0; null when there is none, or none that can be read: then it is between client and service.
 */
export function askedTimeoutMs(parser: HeadParser, bytes: Uint8Array, start: number): number | null {
  const text = fieldOf(parser, bytes, start, 'grpc-timeout');
  return text === null ? null : parseGrpcTimeout(text);
}

/** The status of a reply without content. Where the service gave none, what a client makes of the HTTP status. */
export function statusOfHead(parser: HeadParser, bytes: Uint8Array, start: number, httpStatus: number): GrpcStatus {
  const text = fieldOf(parser, bytes, start, STATUS);
  return text === null ? grpcStatusOfHttp(httpStatus) : parseGrpcStatus(text);
}

/** The status in trailers. @param lines `name: value` CRLF, names in lower case. */
export function statusOfTrailers(lines: string, httpStatus: number): GrpcStatus {
  const value = valueOf(lines);
  if (value !== null) return parseGrpcStatus(value);
  return httpStatus === 200 ? GRPC_STATUS.UNKNOWN : grpcStatusOfHttp(httpStatus);
}

function valueOf(lines: string): string | null {
  for (let start = 0; start < lines.length; start = lines.indexOf('\n', start) + 1) {
    if (!lines.startsWith(STATUS, start) || lines[start + STATUS.length] !== ':') continue;
    return lines.slice(start + STATUS.length + 1, lines.indexOf('\r', start)).trim();
  }
  return null;
}

/** The value of a field that stands once; null when it is missing or repeated. @param name In lower case. */
export function fieldOf(parser: HeadParser, bytes: Uint8Array, start: number, name: string): string | null {
  const { offsets, count } = parser.fields;
  const section = start + parser.fieldsStart;
  let found = -1;
  for (let index = 0; index < count; index++) {
    const at = index << 2;
    if (!equalsIgnoringCase(bytes, section + offsets[at]!, section + offsets[at + 1]!, name)) continue;
    if (found >= 0) return null;
    found = index;
  }
  return found < 0 ? null : parser.value(bytes, start, found);
}
