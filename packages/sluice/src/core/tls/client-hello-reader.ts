/**
 * Finds the ClientHello in the first bytes of a connection, in whatever pieces and records they come (RFC 8446 §5.1), without answering
 * anything: for choosing by SNI at layer 4, and for the certificate policy before OpenSSL sees the bytes. The caller keeps the bytes; this
 * keeps a copy of a handshake message that comes in pieces only, and of nothing once it is over. Bytes after the record that ends the hello (early data,
 * RFC 8446 §4.2.10) are left alone. Memory: at most twice `bytesMax`; time: linear.
 */
import { assert } from '../../base/assert.ts';
import { parseClientHello, type ClientHello } from './client-hello.ts';
import { malformed, type ClientHelloFault } from './hello-fault.ts';

/** What is known after the bytes so far; `hello` and `refused` are final. */
export type HelloReading =
  | { readonly kind: 'more' }
  | { readonly kind: 'hello'; readonly hello: ClientHello }
  | { readonly kind: 'refused'; readonly fault: ClientHelloFault };

export interface HelloReaderOptions {
  /** Record headers included. Default 16,384: what nginx and HAProxy buffer; hellos with post-quantum keys have 1.8 KB. */
  readonly bytesMax?: number;
}

const MORE: HelloReading = { kind: 'more' };

const BYTES_MAX_DEFAULT = 16_384;
/** Room for the handshake header, one byte per record: what that header says is judged before the bound. */
const BYTES_MAX_MIN = 64;
const RECORD_HEADER_BYTES = 5;
const HANDSHAKE_HEADER_BYTES = 4;
/** RFC 8446 §5.1. */
const RECORD_BYTES_MAX = 16_384;

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;

const EMPTY = new Uint8Array(0);

const NOT_TLS: ClientHelloFault = { kind: 'not-tls', what: 'The first bytes are no TLS handshake record (RFC 8446 §5.1).' };
const SSL2: ClientHelloFault = { kind: 'not-tls', what: 'The first bytes are an SSL 2.0 hello (RFC 6176 §3).' };
const RECORD_LONG = malformed('A record is longer than 16,384 bytes (RFC 8446 §5.1).');
const RECORD_EMPTY = malformed('A handshake record is empty (RFC 8446 §5.1).');
const RECORD_OTHER = malformed('A record of another kind stands within the ClientHello (RFC 8446 §5.1).');
const NO_HELLO = malformed('The first handshake message is no ClientHello (RFC 8446 §4.1.2).');
const REST = malformed('The record of the ClientHello holds more after it (RFC 8446 §5.1).');

/** One per connection. */
export class ClientHelloReader {
  private readonly bytesMax: number;
  private reading: HelloReading = MORE;
  /** Bytes taken so far, headers included. */
  private taken = 0;
  private header: Uint8Array = EMPTY;
  private headerLength = 0;
  /** Bytes of the current record still to come. */
  private recordLeft = 0;
  private message: Uint8Array = EMPTY;
  private messageLength = 0;

  constructor(options: HelloReaderOptions = {}) {
    this.bytesMax = options.bytesMax ?? BYTES_MAX_DEFAULT;
    assert(this.bytesMax >= BYTES_MAX_MIN, `a ClientHello's bound is at least ${BYTES_MAX_MIN} bytes`);
  }

  /** Feeds `bytes[start, end)`; once the answer is final it stays and bytes are ignored. */
  feed(bytes: Uint8Array, start = 0, end = bytes.length): HelloReading {
    if (this.taken === 0 && this.reading === MORE && this.takeWhole(bytes, start, end)) return this.reading;
    let at = start;
    while (at < end && this.reading.kind === 'more') {
      at = this.recordLeft === 0 ? this.takeHeader(bytes[at]!, at) : this.takeFragment(bytes, at, end);
    }
    if (this.reading.kind !== 'more') this.message = EMPTY;
    return this.reading;
  }

  /** Nearly every hello comes in one piece and one record: it is read where it is, without a copy. @returns False: not this one, or it needs a closer look. */
  private takeWhole(bytes: Uint8Array, start: number, end: number): boolean {
    const from = start + RECORD_HEADER_BYTES;
    if (end - from < HANDSHAKE_HEADER_BYTES || bytes[start] !== HANDSHAKE_RECORD || bytes[start + 1] !== 3) return false;
    const record = (bytes[start + 3]! << 8) | bytes[start + 4]!;
    const body = (bytes[from + 1]! << 16) | (bytes[from + 2]! << 8) | bytes[from + 3]!;
    if (bytes[from] !== CLIENT_HELLO || record !== body + HANDSHAKE_HEADER_BYTES || record > end - from) return false;
    if (record > RECORD_BYTES_MAX || record + RECORD_HEADER_BYTES > this.bytesMax) return false;
    this.settle(parseClientHello(bytes, from + HANDSHAKE_HEADER_BYTES, from + record));
    return true;
  }

  /** One byte of a record header; every byte is judged as it comes, so another protocol is known from its first one. */
  private takeHeader(byte: number, at: number): number {
    if (this.header === EMPTY) this.header = new Uint8Array(RECORD_HEADER_BYTES);
    const { header } = this;
    if (++this.taken > this.bytesMax) return this.refuse(this.tooLarge(), at);
    header[this.headerLength++] = byte;
    if (this.headerLength === 1) {
      if (byte === HANDSHAKE_RECORD) return at + 1;
      if (this.messageLength > 0) return this.refuse(RECORD_OTHER, at);
      return (byte & 0x80) === 0 ? this.refuse(NOT_TLS, at) : at + 1;
    }
    if (header[0] !== HANDSHAKE_RECORD) {
      // An SSL 2.0 hello: two bytes of length with the top bit set, then its type, 1.
      return this.headerLength < 3 ? at + 1 : this.refuse(byte === CLIENT_HELLO ? SSL2 : NOT_TLS, at);
    }
    if (this.headerLength === 2 && byte !== 3) return this.refuse(this.messageLength > 0 ? RECORD_OTHER : NOT_TLS, at);
    if (this.headerLength < RECORD_HEADER_BYTES) return at + 1; // the minor version is to be ignored (RFC 8446 §5.1)
    this.headerLength = 0;
    this.recordLeft = (header[3]! << 8) | header[4]!;
    if (this.recordLeft === 0) return this.refuse(RECORD_EMPTY, at);
    return this.recordLeft > RECORD_BYTES_MAX ? this.refuse(RECORD_LONG, at) : at + 1;
  }

  private takeFragment(bytes: Uint8Array, start: number, end: number): number {
    const isHeader = this.messageLength < HANDSHAKE_HEADER_BYTES;
    const wanted = isHeader ? HANDSHAKE_HEADER_BYTES : HANDSHAKE_HEADER_BYTES + this.bodyLength();
    const count = Math.min(end - start, this.recordLeft, wanted - this.messageLength);
    if (this.taken + count > this.bytesMax) return this.refuse(this.tooLarge(), start);
    this.append(bytes, start, count);
    this.taken += count;
    this.recordLeft -= count;
    if (isHeader) this.judgeMessage(start);
    else if (this.messageLength === wanted) this.finish(start);
    return start + count;
  }

  /** Refuses as soon as the header tells: another message, or a length that cannot fit. */
  private judgeMessage(at: number): void {
    if (this.message[0] !== CLIENT_HELLO) this.refuse(NO_HELLO, at);
    else if (this.messageLength < HANDSHAKE_HEADER_BYTES) return;
    else if (this.taken + this.bodyLength() > this.bytesMax) this.refuse(this.tooLarge(), at);
    else if (this.bodyLength() === 0) this.finish(at);
  }

  private finish(at: number): void {
    if (this.recordLeft > 0) {
      this.refuse(REST, at);
      return;
    }
    this.settle(parseClientHello(this.message, HANDSHAKE_HEADER_BYTES, this.messageLength));
  }

  private settle(parsed: ClientHello | ClientHelloFault): void {
    this.reading = 'kind' in parsed ? { kind: 'refused', fault: parsed } : { kind: 'hello', hello: parsed };
  }

  private bodyLength(): number {
    const { message } = this;
    return (message[1]! << 16) | (message[2]! << 8) | message[3]!;
  }

  private append(bytes: Uint8Array, start: number, count: number): void {
    const length = this.messageLength + count;
    if (length > this.message.length) {
      const larger = new Uint8Array(Math.max(length, this.message.length * 2));
      larger.set(this.message.subarray(0, this.messageLength));
      this.message = larger;
    }
    this.message.set(bytes.subarray(start, start + count), this.messageLength);
    this.messageLength = length;
  }

  private tooLarge(): ClientHelloFault {
    return { kind: 'too-large', what: `The ClientHello is longer than ${this.bytesMax} bytes.` };
  }

  private refuse(fault: ClientHelloFault, at: number): number {
    this.reading = { kind: 'refused', fault };
    return at;
  }
}
