/**
 * The client's side of a gRPC-Web call: stands before the real one and translates the service's gRPC reply (grpc, doc/PROTOCOL-WEB.md). Content type back, trailers as a
 * last frame of the content, base64 where it was asked for: in pieces that are padded on their own whenever something is sent, so that each message is read at once.
 */
import { Base64Encoder } from '../../core/grpc/base64.ts';
import { GRPC_STATUS } from '../../core/grpc/status.ts';
import { grpcWebReplyType, trailerFrame } from '../../core/grpc/web.ts';
import type { Attempt, Client, Exchange } from '../exchange/exchange.ts';
import { keptLines } from '../exchange/header-edits.ts';
import { PassingClient } from '../exchange/passing-client.ts';
import { fieldOf } from './call.ts';

export class WebClient extends PassingClient {
  private readonly isText: boolean;
  private exchange: Exchange | null = null;
  private encoder: Base64Encoder | null = null;
  /** How trailers are passed on: as a frame; not at all, since the head has them; or as they are, since the reply is no gRPC. */
  private ending: 'frame' | 'head' | 'plain' = 'plain';

  constructor(client: Client, isText: boolean) {
    super(client);
    this.isText = isText;
  }

  override onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean {
    const { parser } = attempt;
    const type = grpcWebReplyType(this.isText, fieldOf(parser, bytes, start, 'content-type') ?? '');
    this.ending = type === null ? 'plain' : attempt.grpcStatus < 0 ? 'frame' : 'head';
    this.exchange = exchange;
    this.encoder = this.isText && type !== null ? new Base64Encoder() : null;
    if (type !== null) exchange.editReply({ drops: ',content-type,', lines: `Content-Type: ${type}\r\n` });
    if (this.ending === 'frame') parser.bodyKind = 'chunked'; // whatever length the service gives is not that of what we send
    return this.client.onResponseHead(exchange, attempt, bytes, start);
  }

  override replyBody(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    if (this.encoder === null) this.client.replyBody(exchange, bytes, start, end);
    else this.pass(exchange, this.encoder.push(bytes, start, end));
  }

  override flushReply(): boolean {
    this.flushText();
    return this.client.flushReply();
  }

  override onReplyEnd(exchange: Exchange, trailers: string): void {
    if (this.ending === 'frame') {
      const frame = frameOf(keptLines(trailers, exchange.responseEdits.drops));
      this.replyBody(exchange, frame, 0, frame.length);
    }
    this.flushText();
    this.client.onReplyEnd(exchange, this.ending === 'plain' ? trailers : '');
  }

  private flushText(): void {
    if (this.encoder !== null && this.exchange !== null) this.pass(this.exchange, this.encoder.flush());
  }

  private pass(exchange: Exchange, text: Uint8Array): void {
    if (text.length > 0) this.client.replyBody(exchange, bufferOf(text), 0, text.length);
  }
}

/** @param trailers `name: value` CRLF. What no trailers of gRPC can be (not ASCII) is a failure of the service. */
function frameOf(trailers: string): Buffer {
  const pairs = trailers.split('\r\n').filter((line) => line !== '');
  const frame = trailerFrame(pairs.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
  return bufferOf(frame ?? trailerFrame([['grpc-status', String(GRPC_STATUS.INTERNAL)]])!);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
