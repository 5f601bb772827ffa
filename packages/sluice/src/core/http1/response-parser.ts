/**
 * The head of a response (RFC 9112 §4, §6.3), sans-io, the mirror of `request-parser.ts`. An origin is held to the same rules as a client: a
 * response with doubtful framing is refused (the gateway answers 502), because what it smuggles would reach another client.
 */
import { CLASS, CR, DIGIT, LF, SP, VALUE } from './characters.ts';
import { FAULTS, type Fault } from './fault.ts';
import { ALIAS, ID } from './field-section.ts';
import { codingFault, parseLength, readConnection } from './framing.ts';
import { HeadParser } from './head-parser.ts';
import * as known from './known-fields.ts';
import { latin1 } from './text.ts';

const VERSION = [0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e]; // "HTTP/1."

/** Reused from response to response of one connection. */
export class ResponseParser extends HeadParser {
  status = 0;
  /** -1 when there was no Content-Length. Also set where no body follows (HEAD, 304). */
  contentLength = -1;
  private codings = 0;
  private lengths = 0;

  /** Starts a new head. */
  begin(): void {
    this.restart();
  }

  /**
   * Parses the head in `bytes[start, end)`.
   * @param isHead The request was HEAD: no body follows whatever the fields say (RFC 9112 §6.3 rule 1).
   * @returns The index after the head, MORE, or REFUSED.
   */
  parse(bytes: Uint8Array, start: number, end: number, isHead: boolean): number {
    if (this.fieldsStart === 0) {
      const line = this.parseLine(bytes, start, end);
      if (line < 0) return line;
      this.fieldsStart = line - start;
    }
    const section = start + this.fieldsStart;
    const next = this.scanFields(bytes, section, end);
    if (next < 0) return next;
    const fault = this.note(bytes, section) ?? this.frame(isHead);
    return fault === null ? next : this.refuse(fault);
  }

  /** Whether the connection may carry another exchange, as far as this head goes (RFC 9112 §9.3). */
  get isPersistent(): boolean {
    if (this.connection.close || this.bodyKind === 'close') return false;
    return this.minorVersion === 1 || this.connection.keepAlive;
  }

  private parseLine(bytes: Uint8Array, start: number, end: number): number {
    const bound = start + this.limits.requestLineBytesMax;
    const limit = end < bound ? end : bound;
    for (let index = 0; index < 7; index++) {
      if (start + index >= limit) return this.more(limit === bound);
      if (bytes[start + index] !== VERSION[index]) return this.refuse(FAULTS.statusLine);
    }
    let at = start + 7;
    if (at >= limit) return this.more(limit === bound);
    const minor = bytes[at++]!;
    if (minor !== 0x30 && minor !== 0x31) return this.refuse(FAULTS.statusLine);
    if (at >= limit) return this.more(limit === bound);
    if (bytes[at++] !== SP) return this.refuse(FAULTS.statusLine);
    let status = 0;
    for (let digits = 0; digits < 3; digits++, at++) {
      if (at >= limit) return this.more(limit === bound);
      if ((CLASS[bytes[at]!]! & DIGIT) === 0) return this.refuse(FAULTS.statusLine);
      status = status * 10 + (bytes[at]! - 0x30);
    }
    if (status < 100 || status > 599) return this.refuse(FAULTS.statusLine);
    this.minorVersion = minor === 0x30 ? 0 : 1;
    this.status = status;
    return this.parseReason(bytes, at, limit, limit === bound);
  }

  /** `SP reason CRLF`; the SP may be missing when the reason is (many origins, and RFC 9112 §4 lets a reader be lenient there). */
  private parseReason(bytes: Uint8Array, from: number, limit: number, isBound: boolean): number {
    let at = from;
    if (at >= limit) return this.more(isBound);
    if (bytes[at] === SP) at++;
    else if (bytes[at] !== CR) return this.refuse(FAULTS.statusLine);
    while (at < limit && (CLASS[bytes[at]!]! & VALUE) !== 0) at++;
    if (at >= limit) return this.more(isBound);
    if (bytes[at] !== CR) return this.refuse(FAULTS.statusLine);
    if (at + 1 >= limit) return this.more(isBound);
    return bytes[at + 1] === LF ? at + 2 : this.refuse(FAULTS.lineEnding);
  }

  private note(bytes: Uint8Array, section: number): Fault | null {
    this.forget();
    const { ids, offsets, count } = this.fields;
    for (let index = 0; index < count; index++) {
      const id = ids[index]! & (ID | ALIAS);
      if (id === known.OTHER || id > known.UPGRADE) continue;
      const at = index << 2;
      const start = section + offsets[at + 2]!;
      const end = section + offsets[at + 3]!;
      if (id === known.CONTENT_LENGTH) {
        this.contentLength = parseLength(bytes, start, end);
        if (this.contentLength < 0 || ++this.lengths > 1) return FAULTS.contentLength;
      } else if (id === known.TRANSFER_ENCODING) {
        const fault = ++this.codings > 1 ? FAULTS.transferCoding : codingFault(bytes, start, end);
        if (fault !== null) return fault;
      } else if (id === known.CONNECTION) readConnection(bytes, start, end, this.connection);
      else if (id === known.UPGRADE) this.upgrade = latin1(bytes, start, end);
    }
    return null;
  }

  private forget(): void {
    this.forgetFields();
    this.contentLength = -1;
    this.codings = 0;
    this.lengths = 0;
  }

  /** RFC 9112 §6.3, for responses. */
  private frame(isHead: boolean): Fault | null {
    if (this.codings > 0 && this.lengths > 0) return FAULTS.lengthAndCoding;
    if (this.codings > 0 && this.minorVersion === 0) return FAULTS.transferCoding;
    const { status } = this;
    if (isHead || status < 200 || status === 204 || status === 304) return null; // rule 1
    if (this.codings > 0) this.bodyKind = 'chunked';
    else if (this.lengths === 0) this.bodyKind = 'close';
    else if (this.contentLength > 0) this.bodyKind = 'length';
    return null;
  }
}
