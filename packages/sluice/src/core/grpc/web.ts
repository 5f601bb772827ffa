/**
 * gRPC-Web (grpc, doc/PROTOCOL-WEB.md): gRPC over any HTTP version, its trailers as a last frame of the body, and, for old browsers, the
 * whole body in base64. What a filter needs to translate it to gRPC and back; the text itself is `base64.ts`'s.
 */
import { prefixed, WEB_TRAILERS } from './message.ts';

/** How a gRPC-Web body is written, and what the same message is called in gRPC. */
export interface GrpcWebType {
  /** In base64. */
  readonly isText: boolean;
  /** `''`, or `+proto` and the like. */
  readonly suffix: string;
  /** For the request to the service: `application/grpc` with the suffix. */
  readonly grpcType: string;
}

const WEB_TYPE = /^application\/grpc-web(-text)?(\+[a-z0-9.-]{1,32})?[ \t]*(?:;.*)?$/i;
const GRPC_TYPE = /^application\/grpc(\+[a-z0-9.-]{1,32})?[ \t]*(?:;.*)?$/i;

const UTF8 = new TextEncoder();

/** Reads a Content-Type, or one member of Accept. Null: no gRPC-Web. Parameters are ignored. */
export function grpcWebType(contentType: string): GrpcWebType | null {
  const match = WEB_TYPE.exec(contentType);
  if (match === null) return null;
  const suffix = (match[2] ?? '').toLowerCase();
  return { isText: match[1] !== undefined, suffix, grpcType: `application/grpc${suffix}` };
}

/** The Content-Type of the reply: as the request asked for it, with the suffix that the service gave. Null: the service's reply is no gRPC. */
export function grpcWebReplyType(isText: boolean, contentType: string): string | null {
  const match = GRPC_TYPE.exec(contentType);
  return match === null ? null : `application/grpc-web${isText ? '-text' : ''}${(match[1] ?? '').toLowerCase()}`;
}

/**
 * The frame of trailers that ends a reply: `name: value` lines, names in lower case, without an empty line at the end.
 * @returns Null when a name or value could be read as more than one line, or is not ASCII.
 */
export function trailerFrame(trailers: Iterable<readonly [name: string, value: string]>): Uint8Array | null {
  let text = '';
  for (const [name, value] of trailers) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || !/^[\t\x20-\x7e]*$/.test(value)) return null;
    text += `${name.toLowerCase()}: ${value}\r\n`;
  }
  return prefixed(UTF8.encode(text), WEB_TRAILERS);
}
