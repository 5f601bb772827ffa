/**
 * Message bodies (RFC 9112 §6.2, §7.1), sans-io: takes bytes, hands on runs of content, says when the message is over. Chunk extensions are
 * counted and dropped; trailers are parsed, bounded and kept apart, never merged into the headers (RFC 9110 §6.5.1).
 */
import { CLASS, CR, HEX, HEX_VALUE, LF, SEMICOLON, TOKEN, VALUE } from './characters.ts';
import { FAULTS, type Fault } from './fault.ts';
import { FieldSection, ID, MORE, REFUSED } from './field-section.ts';
import type { BodyKind } from './framing.ts';
import { CONTENT_LENGTH, HOST, TRANSFER_ENCODING } from './known-fields.ts';

/** Limits of chunked bodies; config's `Http1Limits` fits. */
export interface BodyLimits {
  readonly trailerBytesMax: number;
  readonly headersMax: number;
  readonly chunkExtensionBytesMax: number;
}

/** Parsed trailer fields and the bytes that they stand in (from 0). */
export interface Trailers {
  readonly fields: FieldSection;
  readonly bytes: Uint8Array;
}

/** Takes content as it comes; the bytes are only valid during the call. */
export interface BodySink {
  onBody(bytes: Uint8Array, start: number, end: number): void;
}

/** Hexadecimal digits of a chunk size: 13 digits are below 2^52. Leading zeros count. */
const SIZE_DIGITS_MAX = 13;

const SIZE = 0; // the first digit of a chunk size
const SIZE_MORE = 1; // further digits
const NAME = 2; // of an extension
const SIZE_LF = 3;
const DATA = 4;
const DATA_CR = 5;
const DATA_LF = 6;
const TRAILERS = 7;
// Extensions (RFC 9112 §7.1.1), without the optional white space: nobody sends it, and readers differ on it.
const NAME_START = 8;
const VALUE_START = 9;
const PLAIN_VALUE = 10;
const QUOTED = 11;
const ESCAPED = 12;
const QUOTED_END = 13;

const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** One per connection and direction; `start` it for each message. */
export class BodyDecoder {
  kind: BodyKind = 'none';
  /** The message's last byte has been seen. A `close` body is never done by itself. */
  isDone = true;
  fault: Fault | null = null;
  /** Content bytes handed on. */
  received = 0;
  /** Null when there were none. */
  trailers: Trailers | null = null;
  private remaining = 0;
  private state = SIZE;
  private digits = 0;
  private extensionBytes = 0;
  private pendingTrailers: Uint8Array | null = null;
  private readonly limits: BodyLimits;

  constructor(limits: BodyLimits) {
    this.limits = limits;
  }

  /** Begins a message. @param length For `length`: bytes, > 0. */
  start(kind: BodyKind, length: number): void {
    this.kind = kind;
    this.isDone = kind === 'none';
    this.fault = null;
    this.received = 0;
    this.trailers = null;
    this.remaining = kind === 'length' ? length : 0;
    this.state = SIZE;
    this.digits = 0;
    this.extensionBytes = 0;
    this.pendingTrailers = null;
  }

  /**
   * Feeds `bytes[start, end)`.
   * @returns The index of the first byte that does not belong to this message (= `end` while it goes on), or REFUSED.
   */
  feed(bytes: Uint8Array, start: number, end: number, sink: BodySink): number {
    switch (this.kind) {
      case 'none':
        return start;
      case 'length':
        return this.take(bytes, start, end, sink, true);
      case 'close':
        if (end > start) {
          this.received += end - start;
          sink.onBody(bytes, start, end);
        }
        return end;
      case 'chunked':
        return this.feedChunked(bytes, start, end, sink);
    }
  }

  private take(bytes: Uint8Array, start: number, end: number, sink: BodySink, endsMessage: boolean): number {
    const size = Math.min(this.remaining, end - start);
    if (size > 0) {
      this.remaining -= size;
      this.received += size;
      if (this.remaining === 0 && endsMessage) this.isDone = true;
      sink.onBody(bytes, start, start + size);
    }
    return start + size;
  }

  private feedChunked(bytes: Uint8Array, start: number, end: number, sink: BodySink): number {
    let at = start;
    while (at < end && !this.isDone) {
      if (this.state === DATA) {
        at = this.take(bytes, at, end, sink, false);
        if (this.remaining === 0) this.state = DATA_CR;
      } else if (this.state === TRAILERS) {
        at = this.feedTrailers(bytes, at, end);
      } else {
        at = this.step(bytes[at]!) ? at + 1 : REFUSED;
      }
      if (at === REFUSED) return REFUSED;
    }
    return at;
  }

  /** One byte of chunk syntax; false when it is refused. */
  private step(byte: number): boolean {
    switch (this.state) {
      case SIZE:
        if ((CLASS[byte]! & HEX) === 0) return this.refuse(FAULTS.chunkSize);
        this.remaining = HEX_VALUE[byte]!;
        this.digits = 1;
        this.state = SIZE_MORE;
        return true;
      case SIZE_MORE:
        return this.stepSize(byte);
      case SIZE_LF:
        if (byte !== LF) return this.refuse(FAULTS.chunkSize);
        this.state = this.remaining === 0 ? TRAILERS : DATA;
        return true;
      case DATA_CR:
        if (byte !== CR) return this.refuse(FAULTS.chunkEnd);
        this.state = DATA_LF;
        return true;
      case DATA_LF:
        if (byte !== LF) return this.refuse(FAULTS.chunkEnd);
        this.state = SIZE;
        return true;
      default:
        return this.stepExtension(byte);
    }
  }

  /** Extensions are read, counted and dropped. */
  private stepExtension(byte: number): boolean {
    const next = nextInExtension(this.state, byte);
    if (next < 0) return this.refuse(FAULTS.chunkSize);
    this.state = next;
    if (next !== SIZE_LF && ++this.extensionBytes > this.limits.chunkExtensionBytesMax) return this.refuse(FAULTS.chunkExtensionLong);
    return true;
  }

  private stepSize(byte: number): boolean {
    if ((CLASS[byte]! & HEX) !== 0) {
      if (++this.digits > SIZE_DIGITS_MAX) return this.refuse(FAULTS.chunkSize);
      this.remaining = this.remaining * 16 + HEX_VALUE[byte]!;
      return true;
    }
    if (byte === CR) this.state = SIZE_LF;
    else if (byte === SEMICOLON) this.state = NAME_START;
    else return this.refuse(FAULTS.chunkSize);
    return true;
  }

  /** Trailers are rare and small: they are gathered until complete, and parsed from one piece. */
  private feedTrailers(bytes: Uint8Array, start: number, end: number): number {
    const before = this.pendingTrailers;
    if (before === null && bytes[start] === CR && start + 1 < end && bytes[start + 1] === LF) {
      this.isDone = true; // no trailers: the usual end
      return start + 2;
    }
    const room = this.limits.trailerBytesMax + 4 - (before?.length ?? 0);
    const taken = Math.min(end - start, Math.max(room, 1));
    const gathered = new Uint8Array((before?.length ?? 0) + taken);
    if (before !== null) gathered.set(before);
    gathered.set(bytes.subarray(start, start + taken), before?.length ?? 0);
    const fields = new FieldSection(this.limits.headersMax);
    const limits = { bytesMax: this.limits.trailerBytesMax, countMax: this.limits.headersMax };
    const next = fields.scan(gathered, 0, gathered.length, limits, FAULTS.trailersLong);
    if (framesAnew(fields)) {
      this.fault = FAULTS.trailerField; // before what a later line is refused for: the order of checks is that of the bytes
      return REFUSED;
    }
    if (next === REFUSED) {
      this.fault = fields.fault;
      return REFUSED;
    }
    this.pendingTrailers = gathered;
    if (next === MORE) return start + taken;
    this.isDone = true;
    if (fields.count > 0) this.trailers = { fields, bytes: gathered };
    return start + next - (before?.length ?? 0);
  }

  private refuse(fault: Fault): false {
    this.fault = fault;
    return false;
  }
}

/** The state after a byte of `name [= value]`, or -1. */
function nextInExtension(state: number, byte: number): number {
  const isToken = (CLASS[byte]! & TOKEN) !== 0;
  switch (state) {
    case NAME_START:
      return isToken ? NAME : -1;
    case NAME:
      return isToken ? NAME : byte === EQUALS ? VALUE_START : afterExtension(byte);
    case VALUE_START:
      return byte === QUOTE ? QUOTED : isToken ? PLAIN_VALUE : -1;
    case PLAIN_VALUE:
      return isToken ? PLAIN_VALUE : afterExtension(byte);
    case QUOTED:
      if (byte === QUOTE) return QUOTED_END;
      return (CLASS[byte]! & VALUE) === 0 ? -1 : byte === BACKSLASH ? ESCAPED : QUOTED;
    case ESCAPED:
      return (CLASS[byte]! & VALUE) === 0 ? -1 : QUOTED;
    default:
      return afterExtension(byte);
  }
}

function afterExtension(byte: number): number {
  return byte === SEMICOLON ? NAME_START : byte === CR ? SIZE_LF : -1;
}

/** RFC 9110 §6.5.1: a trailer never frames or routes. Peers refuse such messages, too. */
function framesAnew(fields: FieldSection): boolean {
  for (let index = 0; index < fields.count; index++) {
    const id = fields.ids[index]! & ID;
    if (id === CONTENT_LENGTH || id === TRANSFER_ENCODING || id === HOST) return true;
  }
  return false;
}
