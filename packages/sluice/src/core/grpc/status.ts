/**
 * gRPC status codes: numbers and names (grpc, doc/statuscodes.md), to and from HTTP (doc/http-grpc-status-mapping.md one way,
 * google/rpc/code.proto the other), and how retries and outlier rules take them.
 */
import type { Outcome } from '../health/outcome.ts';

export const GRPC_STATUS = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export type GrpcStatusName = keyof typeof GRPC_STATUS;
export type GrpcStatus = (typeof GRPC_STATUS)[GrpcStatusName];

/** By number. */
export const GRPC_STATUS_NAMES: readonly GrpcStatusName[] = Object.keys(GRPC_STATUS) as GrpcStatusName[];

/** The conditions that a retry policy may name, as Envoy's `retry_on` spells them; the others say that another try would end alike. */
export const GRPC_RETRY_ON = {
  cancelled: GRPC_STATUS.CANCELLED,
  'deadline-exceeded': GRPC_STATUS.DEADLINE_EXCEEDED,
  internal: GRPC_STATUS.INTERNAL,
  'resource-exhausted': GRPC_STATUS.RESOURCE_EXHAUSTED,
  unavailable: GRPC_STATUS.UNAVAILABLE,
} as const;

export type GrpcRetryOn = keyof typeof GRPC_RETRY_ON;

/** HTTP status by gRPC status (google/rpc/code.proto; Envoy's outlier detection uses the same). */
const HTTP_BY_GRPC: readonly number[] = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401];

const UTF8 = new TextEncoder();
const PERCENT = 0x25;

export function grpcStatusName(status: GrpcStatus): GrpcStatusName {
  return GRPC_STATUS_NAMES[status]!;
}

/** Reads a grpc-status value. What is no status, or one that is not known, is UNKNOWN (gRPC over HTTP/2, "Responses"). */
export function parseGrpcStatus(text: string): GrpcStatus {
  if (!/^(?:[0-9]|1[0-6])$/.test(text)) return GRPC_STATUS.UNKNOWN;
  return Number(text) as GrpcStatus;
}

/** What a client takes a reply for that has no grpc-status (doc/http-grpc-status-mapping.md). 200 is UNKNOWN, too. */
export function grpcStatusOfHttp(status: number): GrpcStatus {
  switch (status) {
    case 400:
    case 431:
      return GRPC_STATUS.INTERNAL;
    case 401:
      return GRPC_STATUS.UNAUTHENTICATED;
    case 403:
      return GRPC_STATUS.PERMISSION_DENIED;
    case 404:
      return GRPC_STATUS.UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
      return GRPC_STATUS.UNAVAILABLE;
    default:
      return GRPC_STATUS.UNKNOWN;
  }
}

/** The HTTP status that says the same, for logs, metrics and rules; a gRPC reply itself is always 200. */
export function httpStatusOfGrpc(status: GrpcStatus): number {
  return HTTP_BY_GRPC[status]!;
}

/**
 * How the outlier rules count a reply that the endpoint gave: by its HTTP status, as Envoy does. So UNAVAILABLE and DEADLINE_EXCEEDED are
 * gateway errors; UNKNOWN, UNIMPLEMENTED, INTERNAL and DATA_LOSS are other failures; everything else is the client's affair.
 */
export function grpcOutcome(status: GrpcStatus): Exclude<Outcome, 'local'> {
  const http = httpStatusOfGrpc(status);
  if (http < 500) return 'ok';
  return http === 503 || http === 504 ? 'gateway' : '5xx';
}

/** The text of a grpc-message: UTF-8, percent-encoded but for visible ASCII and space (gRPC over HTTP/2, "Responses"). */
export function encodeGrpcMessage(text: string): string {
  let encoded = '';
  for (const byte of UTF8.encode(text)) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== PERCENT;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
