/**
 * gRPC-Web to gRPC (grpc, doc/PROTOCOL-WEB.md), the request's side: browsers cannot send or read HTTP/2 frames, so their calls come over any HTTP version, perhaps in base64.
 * What the service gets is a gRPC call like any other.
 */
import { Base64Decoder } from '../../core/grpc/base64.ts';
import { grpcWebType } from '../../core/grpc/web.ts';
import type { ContentDecoder, Exchange } from '../exchange/exchange.ts';
import type { RequestView } from '../exchange/request-view.ts';
import { WebClient } from './web-client.ts';

/**
 * Translates a request whose head has been written, if it is a gRPC-Web call.
 * @returns False where its content is known already not to be what it says; it has its answer then.
 */
export function beginWebCall(exchange: Exchange, view: RequestView): boolean {
  const type = exchange.method === 'POST' ? grpcWebType(view.header('content-type') ?? '') : null;
  if (type === null) return true;
  const isTextWanted = wantsText(view.header('accept') ?? '') ?? type.isText;
  exchange.grpcType = `application/grpc-web${isTextWanted ? '-text' : ''}${type.suffix}`;
  exchange.head = callHead(exchange.head, type.grpcType, type.isText);
  exchange.client = new WebClient(exchange.client, isTextWanted);
  if (!type.isText || decode(exchange, new Base64Decoder())) return true;
  exchange.outcome = 'client-error';
  exchange.client.replyOwn(exchange, { status: 400 });
  return false;
}

/** From now on, content is decoded as it comes; some may be there already, where a filter has waited. @returns Whether that can be read. */
function decode(exchange: Exchange, decoder: ContentDecoder): boolean {
  exchange.contentDecoder = decoder;
  if (exchange.partsBytes > 0) {
    const part = decoder.push(Buffer.concat(exchange.parts));
    if (part === null) return false;
    exchange.replaceBody(Buffer.from(part.buffer, part.byteOffset, part.length));
  }
  return !exchange.isRequestDone || decoder.isWhole;
}

/** Null: Accept does not say. */
function wantsText(accept: string): boolean | null {
  for (const member of accept.split(',')) {
    const type = grpcWebType(member.trim());
    if (type !== null) return type.isText;
  }
  return null;
}

/** The head with another content type, ready for trailers, and without a length that base64 has made wrong. */
function callHead(head: string, type: string, isText: boolean): string {
  let text = head.replace(/\r\ncontent-type:[^\r]*/i, `\r\nContent-Type: ${type}`);
  if (isText) text = text.replace(/\r\nContent-Length: \d+/, '\r\nTransfer-Encoding: chunked');
  return /\r\nTE: trailers\r\n/.test(text) ? text : `${text.slice(0, -2)}TE: trailers\r\nConnection: te\r\n\r\n`;
}
