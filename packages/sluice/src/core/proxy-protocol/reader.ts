/**
 * Takes the PROXY protocol header from the front of a connection, in whatever pieces it comes. It never guesses (§2): there is a header of
 * an allowed version or the connection is refused. Every byte of the signature is judged as it comes, so another protocol is known at once.
 * Memory: the header's length, at most `bytesMax`.
 */
import { assert } from '../../base/assert.ts';
import { latin1 } from '../http1/text.ts';
import { isFault, malformed, type ProxyFault, type ProxyHeader } from './header.ts';
import { parseV1, V1_BYTES_MAX, V1_SIGNATURE } from './v1.ts';
import { parseV2, V2_FIXED_BYTES, V2_SIGNATURE, v2Length } from './v2.ts';

/** What is known after the bytes so far. `next`: index in the piece just fed of the first byte after the header. */
export type ProxyReading =
  | { readonly kind: 'more' }
  | { readonly kind: 'header'; readonly header: ProxyHeader; readonly next: number }
  | { readonly kind: 'refused'; readonly fault: ProxyFault };

export type ProxyVersions = 'v1' | 'v2' | 'any';

export interface ProxyReaderOptions {
  readonly versions: ProxyVersions;
  /** Default 4,096. Senders stay below 536 bytes unless certificates' names are long. */
  readonly bytesMax?: number;
}

const BYTES_MAX_DEFAULT = 4_096;
/** The longest header without TLVs: two unix paths. */
const BYTES_MAX_MIN = 232;
const CR = 0x0d;
const LF = 0x0a;

const MORE: ProxyReading = { kind: 'more' };
const NOT_PROXY: ProxyFault = { kind: 'not-proxy', what: 'The connection does not begin with a PROXY protocol header.' };
const LINE_END = malformed('The PROXY line does not end with CRLF (§2.1).');
const LINE_LONG: ProxyFault = { kind: 'too-large', what: `The PROXY line is longer than ${V1_BYTES_MAX} bytes (§2.1).` };

/** One per connection. */
export class ProxyHeaderReader {
  private readonly versions: ProxyVersions;
  private readonly bytesMax: number;
  private bytes: Uint8Array = new Uint8Array(V1_BYTES_MAX);
  private length = 0;
  private isOver = false;

  constructor(options: ProxyReaderOptions) {
    this.versions = options.versions;
    this.bytesMax = options.bytesMax ?? BYTES_MAX_DEFAULT;
    assert(this.bytesMax >= BYTES_MAX_MIN, `a PROXY header's bound is at least ${BYTES_MAX_MIN} bytes`);
  }

  /** Feeds `bytes[start, end)`. Not to be called again once the answer is other than `more`. */
  feed(bytes: Uint8Array, start = 0, end = bytes.length): ProxyReading {
    assert(!this.isOver, 'a PROXY header is read once');
    let at = start;
    let reading = MORE;
    while (at < end && reading.kind === 'more') {
      const isBlock = this.length >= V2_FIXED_BYTES && this.bytes[0] === CR;
      const count = isBlock ? Math.min(end - at, this.bytes.length - this.length) : 1;
      if (isBlock) this.bytes.set(bytes.subarray(at, at + count), this.length);
      else this.bytes[this.length] = bytes[at]!;
      this.length += count;
      at += count;
      reading = this.judge(at);
    }
    this.isOver = reading.kind !== 'more';
    return reading;
  }

  /** Judges what has been gathered; before the block of version 2 it is called for every byte. @param next As in ProxyReading. */
  private judge(next: number): ProxyReading {
    const { bytes, length } = this;
    if (bytes[0] === CR) return this.judgeV2(next);
    if (length <= V1_SIGNATURE.length) {
      if (bytes[length - 1] !== V1_SIGNATURE.charCodeAt(length - 1)) return refused(NOT_PROXY);
      return length === V1_SIGNATURE.length && this.versions === 'v2' ? refused(otherVersion(1)) : MORE;
    }
    const isAfterCr = bytes[length - 2] === CR;
    if (isAfterCr !== (bytes[length - 1] === LF)) return refused(LINE_END);
    if (isAfterCr) return done(parseV1(latin1(bytes, V1_SIGNATURE.length, length - 2)), next);
    return length === V1_BYTES_MAX ? refused(LINE_LONG) : MORE;
  }

  private judgeV2(next: number): ProxyReading {
    const { bytes, length } = this;
    if (length <= V2_SIGNATURE.length) {
      if (bytes[length - 1] !== V2_SIGNATURE[length - 1]) return refused(NOT_PROXY);
      return length === V2_SIGNATURE.length && this.versions === 'v1' ? refused(otherVersion(2)) : MORE;
    }
    if (length < V2_FIXED_BYTES) return MORE;
    const total = v2Length(bytes);
    if (length === V2_FIXED_BYTES) {
      if (total > this.bytesMax) return refused({ kind: 'too-large', what: `The PROXY header is longer than ${this.bytesMax} bytes.` });
      this.bytes = new Uint8Array(total);
      this.bytes.set(bytes.subarray(0, length));
    }
    return length === total ? done(parseV2(this.bytes), next) : MORE;
  }
}

function done(parsed: ProxyHeader | ProxyFault, next: number): ProxyReading {
  return isFault(parsed) ? refused(parsed) : { kind: 'header', header: parsed, next };
}

function refused(fault: ProxyFault): ProxyReading {
  return { kind: 'refused', fault };
}

function otherVersion(version: 1 | 2): ProxyFault {
  return { kind: 'version', what: `The PROXY header is of version ${version}, and only version ${3 - version} is allowed.` };
}
