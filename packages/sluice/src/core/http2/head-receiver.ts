/**
 * Header blocks and what they mean (RFC 9113 §4.3, §8.1): a new request, a reply, or trailers. Every block is decoded, whatever becomes of its stream: the table is
 * the connection's. A block is bounded in bytes and in CONTINUATIONs before it is decoded, and in what it decodes to afterwards.
 */
import type { Connection } from './connection.ts';
import { LEAVING } from './connection.ts';
import { RESET_BY_US } from './closed-streams.ts';
import { COMPRESSION_ERROR, ENHANCE_YOUR_CALM, FRAME_SIZE_ERROR, PROTOCOL_ERROR, REFUSED_STREAM, STREAM_CLOSED } from './error-code.ts';
import { END_HEADERS, END_STREAM, PADDED, PRIORITISED, readInt31 } from './frame.ts';
import type { FrameReader } from './frame-reader.ts';
import { HpackDecoder } from './hpack/decoder.ts';
import { FORMED, UNSERVED } from './request-form.ts';
import type { Stream } from './stream.ts';
import { trailerText } from './trailer-form.ts';

/** A block's bytes as sent. The decoded bound is 40 KiB by default, and nobody's encoder makes heads longer. */
const BLOCK_BYTES_MAX = 64 * 1024;
/** CONTINUATIONs per block (CVE-2024-27983): a full one carries 16 KiB. */
const CONTINUATIONS_MAX = 8;
/** Pseudo-headers that a request may have beside its fields. */
const PSEUDO_MAX = 5;

export class HeadReceiver<Owner> {
  /** The stream whose block is not complete; 0 = none. Only its CONTINUATION may follow (§4.3). */
  pendingId = 0;
  private readonly connection: Connection<Owner>;
  private readonly decoder = new HpackDecoder();
  private readonly limits: { readonly sectionBytesMax: number; readonly fieldsMax: number };
  private block: Uint8Array | null = null;
  private blockBytes = 0;
  private continuations = 0;
  private isEnd = false;
  /** RFC 7540 §5.3.1: a stream that depends on itself; the rest of priorities is ignored. */
  private isSelfDependent = false;

  constructor(connection: Connection<Owner>) {
    this.connection = connection;
    const { headerBytesMax, requestLineBytesMax, headersMax } = connection.options;
    this.limits = { sectionBytesMax: headerBytesMax + requestLineBytesMax, fieldsMax: headersMax + PSEUDO_MAX };
  }

  /** §6.2. @returns Whether to go on. */
  onHeaders(frame: FrameReader, bytes: Uint8Array, start: number, end: number): boolean {
    let from = start;
    let to = end;
    const { flags } = frame;
    const lead = ((flags & PADDED) === 0 ? 0 : 1) + ((flags & PRIORITISED) === 0 ? 0 : 5);
    if (end - start < lead) return this.connection.fail(FRAME_SIZE_ERROR, 'frame-size');
    if ((flags & PADDED) !== 0) to -= bytes[from++]!;
    this.isSelfDependent = false;
    if ((flags & PRIORITISED) !== 0) {
      this.isSelfDependent = readInt31(bytes, from) === frame.streamId;
      from += 5;
    }
    if (to < from) return this.connection.fail(PROTOCOL_ERROR, 'protocol'); // more padding than payload
    this.isEnd = (flags & END_STREAM) !== 0;
    if ((flags & END_HEADERS) !== 0) return this.onBlock(frame.streamId, bytes, from, to);
    this.pendingId = frame.streamId;
    this.continuations = 0;
    this.blockBytes = 0;
    return this.append(bytes, from, to);
  }

  /** §6.10. */
  onContinuation(frame: FrameReader, bytes: Uint8Array, start: number, end: number): boolean {
    if (++this.continuations > CONTINUATIONS_MAX) return this.connection.fail(ENHANCE_YOUR_CALM, 'continuation');
    if (!this.append(bytes, start, end)) return false;
    if ((frame.flags & END_HEADERS) === 0) return true;
    const block = this.block ?? bytes;
    this.block = null;
    this.pendingId = 0;
    return this.onBlock(frame.streamId, block, 0, this.blockBytes);
  }

  private append(bytes: Uint8Array, start: number, end: number): boolean {
    const needed = this.blockBytes + end - start;
    if (needed > BLOCK_BYTES_MAX) return this.connection.fail(ENHANCE_YOUR_CALM, 'continuation');
    if (this.block === null || needed > this.block.length) {
      const block = new Uint8Array(Math.max(needed * 2, 1024));
      if (this.block !== null) block.set(this.block.subarray(0, this.blockBytes));
      this.block = block;
    }
    this.block.set(bytes.subarray(start, end), this.blockBytes);
    this.blockBytes = needed;
    return true;
  }

  private onBlock(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { connection } = this;
    const { fields } = connection.workspace;
    fields.reset(this.limits);
    if (!this.decoder.decode(bytes, start, end, fields)) return connection.fail(COMPRESSION_ERROR, 'compression');
    const stream = connection.streams.get(id);
    if (stream !== undefined) return this.onOpenStream(stream);
    if (!connection.isIdle(id)) return connection.lateFrame(id);
    // §5.1.1: clients open odd ones; servers may open none, because push is off (§8.4).
    if (!connection.isServer || (id & 1) === 0) return connection.fail(PROTOCOL_ERROR, 'protocol');
    return this.onNewStream(id);
  }

  private onNewStream(id: number): boolean {
    const { connection } = this;
    const { workspace, options } = connection;
    connection.lastPeerId = id;
    if (connection.leaving >= LEAVING) {
      connection.closed.add(id, RESET_BY_US); // §6.8: ignored
      return true;
    }
    if (this.isSelfDependent) return connection.refuse(id, PROTOCOL_ERROR);
    if (connection.activeCount >= options.streamsMax) return connection.refuse(id, REFUSED_STREAM); // §5.1.2
    if (workspace.fields.isTooLarge) return this.refuse(id, 431);
    const form = workspace.requestForm;
    const result = form.write(workspace.fields, this.isEnd, options.allowsExtendedConnect, workspace.head);
    if (result === UNSERVED) return this.refuse(id, 400);
    if (result !== FORMED) {
      connection.malformedCount++;
      return connection.refuse(id, PROTOCOL_ERROR); // §8.1.1
    }
    const stream = this.open(id);
    stream.protocol = form.protocol;
    stream.isTunnel = form.isConnect;
    stream.contentLength = form.contentLength;
    connection.sink.onRequest(stream, workspace.head.bytes, workspace.head.length);
    return !connection.isClosed;
  }

  /** The owner answers in its stead; what else comes is dropped. */
  private refuse(id: number, status: 400 | 431): boolean {
    const stream = this.open(id);
    stream.isDiscarding = true;
    this.connection.sink.onRefused(stream, status);
    return !this.connection.isClosed;
  }

  private open(id: number): Stream<Owner> {
    const stream = this.connection.addStream(id);
    stream.isHeadReceived = true;
    stream.isHeld = true;
    stream.isRemoteDone = this.isEnd;
    return stream;
  }

  private onOpenStream(stream: Stream<Owner>): boolean {
    const { connection } = this;
    if (stream.isRemoteDone) return connection.fault(stream, STREAM_CLOSED); // §5.1, half-closed (remote)
    if (this.isSelfDependent) return connection.fault(stream, PROTOCOL_ERROR);
    return stream.isHeadReceived ? this.onTrailers(stream) : this.onReply(stream);
  }

  private onTrailers(stream: Stream<Owner>): boolean {
    const { connection } = this;
    const { fields } = connection.workspace;
    if (!this.isEnd || stream.isTunnel) return connection.fault(stream, PROTOCOL_ERROR); // §8.1, §8.5
    if (fields.isTooLarge) return connection.fault(stream, ENHANCE_YOUR_CALM);
    const trailers = trailerText(fields);
    if (trailers === null) return connection.fault(stream, PROTOCOL_ERROR);
    if (stream.contentLength >= 0 && stream.received !== stream.contentLength) return connection.fault(stream, PROTOCOL_ERROR); // §8.1.1
    stream.isRemoteDone = true;
    if (!stream.isDiscarding) connection.sink.onEnd(stream, trailers);
    connection.closeIfDone(stream);
    return !connection.isClosed;
  }

  private onReply(stream: Stream<Owner>): boolean {
    const { connection } = this;
    const { workspace, sink } = connection;
    if (workspace.fields.isTooLarge) return connection.fault(stream, ENHANCE_YOUR_CALM);
    const form = workspace.responseForm;
    const { head } = workspace;
    if (!form.write(workspace.fields, this.isEnd, stream.isHead, head)) return connection.fault(stream, PROTOCOL_ERROR);
    if (form.status < 200) {
      sink.onInterim(stream, head.bytes, head.length);
      return !connection.isClosed;
    }
    stream.isHeadReceived = true;
    stream.contentLength = form.expectedLength;
    stream.isRemoteDone = this.isEnd;
    sink.onResponse(stream, head.bytes, head.length);
    connection.closeIfDone(stream);
    return !connection.isClosed;
  }
}
