/**
 * The head of a request (RFC 9112 §3, §5, §6), sans-io: it is handed bytes and answers with offsets and facts. Resumable at line borders, bounded by
 * `Http1Limits`, strict. About 1 ns per byte; nothing is allocated except the strings for method and target.
 */
import { CLASS, CR, LF, SP, TOKEN, VISIBLE } from './characters.ts';
import { FAULTS, type Fault } from './fault.ts';
import { ALIAS, ID, MORE, REFUSED } from './field-section.ts';
import { codingFault, equalsIgnoringCase, hasMember, parseLength, readConnection } from './framing.ts';
import { type HeadLimits, HeadParser } from './head-parser.ts';
import * as known from './known-fields.ts';
import { latin1 } from './text.ts';

const VERSION = [0x48, 0x54, 0x54, 0x50, 0x2f]; // "HTTP/"
/** Bytes that end every request line: SP HTTP/1.1 CRLF. */
const LINE_TAIL = 11;

/** Reused from request to request. What it says is valid until the next `begin`, and offsets only while the buffer is. */
export class RequestParser extends HeadParser {
  method = '';
  /** As sent: visible ASCII. Its grammar is `target.ts`'s business. */
  target = '';
  /** Value of Host, or null when absent (HTTP/1.0 only). */
  host: string | null = null;
  contentLength = 0;
  /** `Expect: 100-continue` was asked (HTTP/1.1 only). */
  expectsContinue = false;
  /** The value of TE holds `trailers`. */
  acceptsTrailers = false;
  private codings = 0;
  private lengths = 0;
  private hosts = 0;

  /** Starts a new head, under these limits (`headersMax` at most the constructor's). */
  begin(limits: HeadLimits): void {
    this.limit(limits);
    this.restart();
  }

  /**
   * Parses the head in `bytes[start, end)`. `start` must stand on the head's first byte each time, also when the bytes moved.
   * @returns The index of the first byte after the head, MORE, or REFUSED (`fault` is set).
   */
  parse(bytes: Uint8Array, start: number, end: number): number {
    if (this.fieldsStart === 0) {
      const line = this.parseLine(bytes, start, end);
      if (line < 0) return line;
      this.fieldsStart = line - start;
    }
    const section = start + this.fieldsStart;
    const next = this.scanFields(bytes, section, end);
    if (next < 0) return next;
    return this.conclude(bytes, section) ? next : REFUSED;
  }

  /** Value of the first field of this lower-case name, or null. `start` as in `parse`. */
  find(bytes: Uint8Array, start: number, name: string): string | null {
    const section = start + this.fieldsStart;
    const { offsets, count } = this.fields;
    for (let index = 0; index < count; index++) {
      const at = index << 2;
      if (equalsIgnoringCase(bytes, section + offsets[at]!, section + offsets[at + 1]!, name)) return this.value(bytes, start, index);
    }
    return null;
  }

  private parseLine(bytes: Uint8Array, start: number, end: number): number {
    const bound = start + this.limits.requestLineBytesMax;
    const limit = end < bound ? end : bound;
    let at = start;
    while (at < limit && (CLASS[bytes[at]!]! & TOKEN) !== 0) at++;
    if (at >= limit) return this.more(limit === bound);
    if (bytes[at] !== SP || at === start) return this.refuse(FAULTS.method);
    const methodEnd = at++;
    const targetStart = at;
    while (at < limit && (CLASS[bytes[at]!]! & VISIBLE) !== 0) at++;
    if (at >= limit) return this.more(limit === bound);
    if (bytes[at] !== SP || at === targetStart) return this.refuse(bytes[at] === CR || bytes[at] === LF ? FAULTS.version : FAULTS.target);
    const version = this.parseVersion(bytes, at + 1, limit);
    if (version === MORE) return this.more(limit === bound);
    if (version === REFUSED) return REFUSED;
    this.method = methodText(bytes, start, methodEnd);
    this.target = latin1(bytes, targetStart, at);
    return at + LINE_TAIL;
  }

  private parseVersion(bytes: Uint8Array, start: number, limit: number): number {
    for (let index = 0; index < 5; index++) {
      if (start + index >= limit) return MORE;
      if (bytes[start + index] !== VERSION[index]) return this.refuse(FAULTS.version);
    }
    if (start + 10 > limit) return this.parsePartialVersion(bytes, start, limit);
    const major = bytes[start + 5]!;
    const minor = bytes[start + 7]!;
    if (major < 0x30 || major > 0x39 || bytes[start + 6] !== 0x2e || minor < 0x30 || minor > 0x39) return this.refuse(FAULTS.version);
    if (bytes[start + 8] !== CR || bytes[start + 9] !== LF) return this.refuse(FAULTS.version);
    if (major !== 0x31 || minor > 0x31) return this.refuse(FAULTS.versionUnsupported);
    this.minorVersion = minor === 0x30 ? 0 : 1;
    return 0;
  }

  /** The version's bytes are not all there: refuse what can no longer become one. The order of checks is that of the bytes. */
  private parsePartialVersion(bytes: Uint8Array, start: number, limit: number): number {
    const isDigit = (at: number): boolean => bytes[at]! >= 0x30 && bytes[at]! <= 0x39;
    if (start + 5 < limit && !isDigit(start + 5)) return this.refuse(FAULTS.version);
    if (start + 6 < limit && bytes[start + 6] !== 0x2e) return this.refuse(FAULTS.version);
    if (start + 7 < limit && !isDigit(start + 7)) return this.refuse(FAULTS.version);
    if (start + 8 < limit && bytes[start + 8] !== CR) return this.refuse(FAULTS.version);
    return MORE;
  }

  private conclude(bytes: Uint8Array, section: number): boolean {
    this.forget();
    const { ids, offsets, count } = this.fields;
    for (let index = 0; index < count; index++) {
      const id = ids[index]! & (ID | ALIAS);
      if (id === known.OTHER || id > known.EXPECT) continue;
      const at = index << 2;
      const fault = this.note(id, bytes, section + offsets[at + 2]!, section + offsets[at + 3]!);
      if (fault !== null) return this.refuse(fault) !== REFUSED;
    }
    const fault = this.frame();
    return fault === null || this.refuse(fault) !== REFUSED;
  }

  private forget(): void {
    this.host = null;
    this.forgetFields();
    this.contentLength = 0;
    this.expectsContinue = false;
    this.acceptsTrailers = false;
    this.codings = 0;
    this.lengths = 0;
    this.hosts = 0;
  }

  private note(id: number, bytes: Uint8Array, start: number, end: number): Fault | null {
    switch (id) {
      case known.HOST:
        this.host = latin1(bytes, start, end);
        return ++this.hosts > 1 ? FAULTS.host : null;
      case known.CONTENT_LENGTH:
        this.contentLength = parseLength(bytes, start, end);
        return this.contentLength < 0 || ++this.lengths > 1 ? FAULTS.contentLength : null;
      case known.TRANSFER_ENCODING:
        return ++this.codings > 1 ? FAULTS.transferCoding : codingFault(bytes, start, end);
      case known.CONNECTION:
        readConnection(bytes, start, end, this.connection);
        return null;
      case known.TE:
        this.acceptsTrailers ||= hasMember(bytes, start, end, 'trailers');
        return null;
      case known.UPGRADE:
        this.upgrade = this.upgrade === null ? latin1(bytes, start, end) : `${this.upgrade}, ${latin1(bytes, start, end)}`;
        return null;
      case known.EXPECT:
        if (!equalsIgnoringCase(bytes, start, end, '100-continue')) return FAULTS.expect;
        this.expectsContinue = true;
        return null;
      default:
        return null;
    }
  }

  /** RFC 9112 §6.3, for requests. */
  private frame(): Fault | null {
    if (this.codings > 0) {
      if (this.lengths > 0) return FAULTS.lengthAndCoding;
      if (this.minorVersion === 0) return FAULTS.transferCoding;
      this.bodyKind = 'chunked';
    } else if (this.contentLength > 0) {
      this.bodyKind = 'length';
    }
    if (this.minorVersion === 0) this.expectsContinue = false; // RFC 9110 §10.1.1
    return this.minorVersion === 1 && (this.host === null || this.host === '') ? FAULTS.host : null; // RFC 9112 §3.2
  }
}

const COMMON_METHODS = ['GET', 'POST', 'PUT', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS'];

/** The method's text; the common ones without an allocation. */
function methodText(bytes: Uint8Array, start: number, end: number): string {
  for (const method of COMMON_METHODS) {
    if (method.length !== end - start) continue;
    let index = 0;
    while (index < method.length && bytes[start + index] === method.charCodeAt(index)) index++;
    if (index === method.length) return method;
  }
  return latin1(bytes, start, end);
}
