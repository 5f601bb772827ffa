/**
 * Bytes to frames (RFC 9113 §4), whatever the pieces they come in. A frame is announced as soon as its head is there, so that what is wrong with the head costs
 * nothing. DATA passes on in pieces, without padding; every other payload comes whole, from the bytes at hand when they hold it all, else from one
 * buffer of at most 16,384 bytes.
 */
import { DATA, FRAME_HEAD_BYTES, PADDED, readInt31 } from './frame.ts';

/** Takes frames; each method answers whether to go on. `frame-receiver.ts` is it. */
export interface FrameHandler {
  /** A frame's head has come: `type`, `flags`, `streamId` and `length` are set. */
  onFrame(frame: FrameReader): boolean;
  /** The payload of a frame other than DATA: `bytes[start, end)`. */
  onPayload(frame: FrameReader, bytes: Uint8Array, start: number, end: number): boolean;
  /** DATA begins: `contentLength` of its `length` bytes are content; negative when its padding is wrong. */
  onDataStart(frame: FrameReader): boolean;
  onData(frame: FrameReader, bytes: Uint8Array, start: number, end: number): boolean;
  /** The last byte of DATA, padding included, has come. */
  onDataEnd(frame: FrameReader): boolean;
}

const HEAD = 0;
const PAYLOAD = 1;
const PAD_LENGTH = 2;
const CONTENT = 3;
const PADDING = 4;

/** One per connection. */
export class FrameReader {
  type = 0;
  flags = 0;
  streamId = 0;
  /** Of the payload. */
  length = 0;
  /** Of DATA: content, without padding. */
  contentLength = 0;
  private state = HEAD;
  private readonly head = new Uint8Array(FRAME_HEAD_BYTES);
  /** Bytes of `head` or `payload` that are there. */
  private filled = 0;
  private payload: Uint8Array | null = null;
  /** Content or padding that is still to come. */
  private remaining = 0;

  /**
   * Takes `bytes[start, end)`.
   * @returns False when the handler wanted no more.
   */
  read(bytes: Uint8Array, start: number, end: number, handler: FrameHandler): boolean {
    let at = start;
    while (at < end) {
      switch (this.state) {
        case HEAD:
          at = this.takeHead(bytes, at, end, handler);
          break;
        case PAYLOAD:
          at = this.takePayload(bytes, at, end, handler);
          break;
        case PAD_LENGTH:
          at = this.takePadLength(bytes, at, handler);
          break;
        case CONTENT:
          at = this.takeContent(bytes, at, end, handler);
          break;
        default:
          at = this.takePadding(at, end, handler);
      }
      if (at < 0) return false;
    }
    return true;
  }

  private takeHead(bytes: Uint8Array, at: number, end: number, handler: FrameHandler): number {
    let next = at + FRAME_HEAD_BYTES;
    if (this.filled === 0 && next <= end) this.parseHead(bytes, at);
    else {
      const taken = Math.min(FRAME_HEAD_BYTES - this.filled, end - at);
      for (let index = 0; index < taken; index++) this.head[this.filled++] = bytes[at + index]!;
      next = at + taken;
      if (this.filled < FRAME_HEAD_BYTES) return next;
      this.filled = 0;
      this.parseHead(this.head, 0);
    }
    if (!handler.onFrame(this)) return -1;
    if (this.type === DATA) return this.startData(handler) ? next : -1;
    const payloadEnd = next + this.length;
    if (payloadEnd <= end) return handler.onPayload(this, bytes, next, payloadEnd) ? payloadEnd : -1;
    this.state = PAYLOAD;
    this.payload = new Uint8Array(this.length);
    return next;
  }

  private parseHead(bytes: Uint8Array, at: number): void {
    this.length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    this.type = bytes[at + 3]!;
    this.flags = bytes[at + 4]!;
    this.streamId = readInt31(bytes, at + 5); // §4.1: the reserved bit is ignored
  }

  private takePayload(bytes: Uint8Array, at: number, end: number, handler: FrameHandler): number {
    const payload = this.payload!;
    const taken = Math.min(this.length - this.filled, end - at);
    payload.set(bytes.subarray(at, at + taken), this.filled);
    this.filled += taken;
    if (this.filled < this.length) return at + taken;
    this.filled = 0;
    this.payload = null;
    this.state = HEAD;
    return handler.onPayload(this, payload, 0, this.length) ? at + taken : -1;
  }

  private startData(handler: FrameHandler): boolean {
    if ((this.flags & PADDED) === 0) {
      this.contentLength = this.length;
      return this.beginContent(0, handler);
    }
    if (this.length > 0) {
      this.state = PAD_LENGTH;
      return true;
    }
    this.contentLength = -1; // §6.1: no room for the length of the padding
    return this.beginContent(0, handler);
  }

  private takePadLength(bytes: Uint8Array, at: number, handler: FrameHandler): number {
    const padding = bytes[at]!;
    this.contentLength = this.length - 1 - padding; // §6.1: padding as long as the payload or longer is an error
    return this.beginContent(padding, handler) ? at + 1 : -1;
  }

  private beginContent(padding: number, handler: FrameHandler): boolean {
    if (!handler.onDataStart(this)) return false;
    this.remaining = this.contentLength;
    this.filled = padding;
    this.state = CONTENT;
    return this.remaining > 0 || this.endContent(handler);
  }

  private takeContent(bytes: Uint8Array, at: number, end: number, handler: FrameHandler): number {
    const taken = Math.min(this.remaining, end - at);
    this.remaining -= taken;
    if (!handler.onData(this, bytes, at, at + taken)) return -1;
    return this.remaining > 0 || this.endContent(handler) ? at + taken : -1;
  }

  /** The content is over; `filled` bytes of padding follow. */
  private endContent(handler: FrameHandler): boolean {
    if (this.filled > 0) {
      this.remaining = this.filled;
      this.filled = 0;
      this.state = PADDING;
      return true;
    }
    this.state = HEAD;
    return handler.onDataEnd(this);
  }

  private takePadding(at: number, end: number, handler: FrameHandler): number {
    const taken = Math.min(this.remaining, end - at);
    this.remaining -= taken;
    if (this.remaining > 0) return at + taken;
    this.state = HEAD;
    return handler.onDataEnd(this) ? at + taken : -1;
  }
}
