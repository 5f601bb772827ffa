/**
 * Frames to bytes, gathered for one write per turn. Content is copied: a frame is at most 16 KiB, which costs less than another element of a write, and no caller's
 * memory has to be watched. One block usually holds a turn; what is longer becomes several pieces.
 *
 * It is also what the header encoder writes to (`BlockSink`).
 */
import type { BlockPool } from './block-pool.ts';
import { LARGE_BYTES, SMALL_BYTES } from './block-pool.ts';
import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  FRAME_HEAD_BYTES,
  GOAWAY,
  HEADERS,
  PAYLOAD_BYTES_MAX,
  PING,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from './frame.ts';
import type { BlockSink } from './hpack/block-sink.ts';

/** Where output goes: a socket. */
export interface OutputTarget {
  /** Takes `bytes[start, end)`, in order. */
  write(bytes: Uint8Array, start: number, end: number): void;
  /**
   * That was all of it. @returns Whether memory of these pieces is still in use (the socket did not take all): then the session does not use it again. A target that
   * learns when the socket has done with a block may `give` it to the pool.
   */
  finish(): boolean;
}

/** Learns that there is something to write. `SessionSink` is it. */
export interface PendingListener {
  onPending(): void;
}

const NONE = new Uint8Array(0);
/** From here on a native copy is faster. */
const NATIVE_FROM = 96;

/** One per session. */
export class FrameWriter implements BlockSink {
  /** The block that is written to, from `length` on. */
  bytes: Uint8Array = NONE;
  length = 0;
  /** Bytes in blocks that are full. */
  private fullBytes = 0;
  private readonly full: Uint8Array[] = [];
  private readonly fullEnds: number[] = [];
  /** Where the frame begins that is being written. */
  private frameStart = 0;
  /** The stream of the last HEADERS or DATA, while its flags are in the block; 0 = none. */
  private lastStreamId = 0;
  private lastFlagsAt = 0;
  private readonly pool: BlockPool;
  private readonly listener: PendingListener;

  constructor(pool: BlockPool, listener: PendingListener) {
    this.pool = pool;
    this.listener = listener;
  }

  /** Bytes that wait. */
  get size(): number {
    return this.fullBytes + this.length;
  }

  /** Hands everything over, in order. */
  drain(target: OutputTarget): void {
    if (this.bytes === NONE) return;
    for (let index = 0; index < this.full.length; index++) target.write(this.full[index]!, 0, this.fullEnds[index]!);
    target.write(this.bytes, 0, this.length);
    const { bytes } = this;
    this.bytes = NONE;
    this.length = 0;
    this.lastStreamId = 0;
    if (!target.finish()) {
      for (const block of this.full) this.pool.give(block);
      this.pool.give(bytes);
    }
    this.full.length = 0;
    this.fullEnds.length = 0;
    this.fullBytes = 0;
  }

  /** Room for `bytes` more; the frame that is being written stays in one piece. */
  reserve(bytes: number): void {
    if (this.length + bytes > this.bytes.length) this.grow(bytes);
  }

  /** Sends latin1 text as it is. */
  text(text: string): void {
    this.reserve(text.length);
    for (let index = 0; index < text.length; index++) this.bytes[this.length++] = text.charCodeAt(index);
  }

  /** Begins HEADERS; the block is encoded to this writer, then `endHeaders`. */
  beginHeaders(streamId: number, isEnd: boolean): void {
    this.frame(HEADERS, isEnd ? END_HEADERS | END_STREAM : END_HEADERS, streamId, 0);
    this.frameStart = this.length - FRAME_HEAD_BYTES;
  }

  endHeaders(streamId: number): void {
    const start = this.frameStart;
    const size = this.length - start - FRAME_HEAD_BYTES;
    this.note(streamId, start);
    if (size <= PAYLOAD_BYTES_MAX) writeLength(this.bytes, start, size);
    else this.splitHeaders(streamId, size);
  }

  /** @param start,end At most PAYLOAD_BYTES_MAX apart. */
  data(streamId: number, bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.frame(DATA, 0, streamId, size);
    this.note(streamId, this.length - FRAME_HEAD_BYTES);
    if (size < NATIVE_FROM) for (let index = start, at = this.length; index < end; index++, at++) this.bytes[at] = bytes[index]!;
    else this.bytes.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), this.length);
    this.length += size;
  }

  /** Ends a stream: with the last frame of it when that has not left yet, else with an empty one. */
  endStream(streamId: number): void {
    if (this.lastStreamId !== streamId) {
      this.frame(DATA, END_STREAM, streamId, 0);
      return;
    }
    this.bytes[this.lastFlagsAt]! |= END_STREAM;
    this.lastStreamId = 0;
  }

  resetStream(streamId: number, code: number): void {
    this.frame(RST_STREAM, 0, streamId, 4);
    this.uint32(code);
  }

  windowUpdate(streamId: number, increment: number): void {
    this.frame(WINDOW_UPDATE, 0, streamId, 4);
    this.uint32(increment);
  }

  /** @param values Names and values in turn. */
  settings(values: readonly number[]): void {
    this.frame(SETTINGS, 0, 0, values.length * 3);
    for (let index = 0; index < values.length; index += 2) {
      this.bytes[this.length++] = values[index]! >>> 8;
      this.bytes[this.length++] = values[index]!;
      this.uint32(values[index + 1]!);
    }
  }

  settingsAck(): void {
    this.frame(SETTINGS, ACK, 0, 0);
  }

  /** The answer to a PING: its eight bytes at `start`. */
  pingAck(bytes: Uint8Array, start: number): void {
    this.frame(PING, ACK, 0, 8);
    for (let index = 0; index < 8; index++) this.bytes[this.length++] = bytes[start + index]!;
  }

  ping(high: number, low: number): void {
    this.frame(PING, 0, 0, 8);
    this.uint32(high);
    this.uint32(low);
  }

  /** @param why ASCII, for whoever debugs the peer. */
  goaway(lastStreamId: number, code: number, why: string): void {
    this.frame(GOAWAY, 0, 0, 8 + why.length);
    this.uint32(lastStreamId);
    this.uint32(code);
    this.text(why);
  }

  /** Writes a frame's head, with room for its payload. */
  private frame(type: number, flags: number, streamId: number, length: number): void {
    this.frameStart = this.length;
    this.reserve(FRAME_HEAD_BYTES + length);
    const { bytes } = this;
    const at = this.length;
    this.frameStart = at;
    writeLength(bytes, at, length);
    bytes[at + 3] = type;
    bytes[at + 4] = flags;
    bytes[at + 5] = streamId >>> 24;
    bytes[at + 6] = streamId >>> 16;
    bytes[at + 7] = streamId >>> 8;
    bytes[at + 8] = streamId;
    this.length = at + FRAME_HEAD_BYTES;
  }

  private uint32(value: number): void {
    const { bytes } = this;
    bytes[this.length++] = value >>> 24;
    bytes[this.length++] = value >>> 16;
    bytes[this.length++] = value >>> 8;
    bytes[this.length++] = value;
  }

  private note(streamId: number, frameStart: number): void {
    this.lastStreamId = streamId;
    this.lastFlagsAt = frameStart + 4;
  }

  /** RFC 9113 §6.10: a block that is longer than a frame goes on in CONTINUATIONs. Rare: moved apart from the back. */
  private splitHeaders(streamId: number, size: number): void {
    const more = Math.ceil(size / PAYLOAD_BYTES_MAX) - 1;
    this.reserve(more * FRAME_HEAD_BYTES);
    const first = this.frameStart;
    const flags = this.bytes[first + 4]! & ~END_HEADERS;
    this.note(streamId, first);
    const end = this.length;
    for (let index = more; index > 0; index--) {
      const from = first + FRAME_HEAD_BYTES + index * PAYLOAD_BYTES_MAX;
      const to = Math.min(from + PAYLOAD_BYTES_MAX, end);
      const at = from + (index - 1) * FRAME_HEAD_BYTES;
      this.bytes.copyWithin(at + FRAME_HEAD_BYTES, from, to);
      this.length = at;
      this.frame(CONTINUATION, index === more ? END_HEADERS : 0, streamId, to - from);
    }
    this.frameStart = first;
    this.length = end + more * FRAME_HEAD_BYTES;
    writeLength(this.bytes, first, PAYLOAD_BYTES_MAX);
    this.bytes[first + 4] = flags;
  }

  private grow(bytes: number): void {
    if (this.bytes === NONE) {
      this.bytes = this.pool.take(bytes);
      this.listener.onPending();
      return;
    }
    const old = this.bytes;
    if (old.length === SMALL_BYTES && this.length + bytes <= LARGE_BYTES) {
      this.bytes = this.pool.take(LARGE_BYTES);
      this.bytes.set(old.subarray(0, this.length));
      this.pool.give(old);
      return;
    }
    // Full: a new block, to which the frame that is being written moves.
    const moved = this.length - this.frameStart;
    this.bytes = this.pool.take(Math.max(moved + bytes, LARGE_BYTES));
    this.bytes.set(old.subarray(this.frameStart, this.length));
    this.full.push(old);
    this.fullEnds.push(this.frameStart);
    this.fullBytes += this.frameStart;
    this.length = moved;
    this.frameStart = 0;
    this.lastStreamId = 0;
  }
}

function writeLength(bytes: Uint8Array, at: number, length: number): void {
  bytes[at] = length >>> 16;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length;
}
