/**
 * The regular fields of a decoded head, checked and copied (RFC 9113 §8.2). Usually they are copied in one run; only what HTTP/1.1 says otherwise is left out:
 * a Host that became the first line's, cookie crumbs that are joined, a Content-Length that came twice.
 */
import { equals, isConnectionSpecific, isFieldName, isFieldValue } from './field-rules.ts';
import type { HeadBuffer } from './head-buffer.ts';
import type { DecodedFields } from './hpack/decoded-fields.ts';
import { parseLength } from '../http1/framing.ts';
import * as known from '../http1/known-fields.ts';

/** Reused from head to head. */
export class FieldLines {
  /** -1 when there was none. */
  contentLength = -1;
  /** Index of the Host field; -1 = none. */
  host = -1;
  private cookies = 0;
  private lengths = 0;
  private hasDrops = false;
  /** By field: 1 = not copied. */
  private drops = new Uint8Array(128);

  /**
   * Checks the fields from index `first` on.
   * @returns False: malformed.
   */
  check(fields: DecodedFields, first: number): boolean {
    this.contentLength = -1;
    this.host = -1;
    this.cookies = 0;
    this.lengths = 0;
    this.hasDrops = false;
    if (fields.count > this.drops.length) this.drops = new Uint8Array(fields.count * 2);
    const { bytes, offsets, count } = fields;
    for (let index = first; index < count; index++) {
      const at = index << 2;
      const nameStart = offsets[at]!;
      const nameEnd = offsets[at + 1]!;
      // A pseudo-header behind a regular field fails here, too (§8.3): a colon is no token.
      if (!isFieldName(bytes, nameStart, nameEnd) || !isFieldValue(bytes, offsets[at + 2]!, offsets[at + 3]!)) return false;
      this.drops[index] = 0;
      const id = known.knownField(bytes, nameStart, nameEnd);
      if (id !== known.OTHER && !this.note(fields, index, id)) return false;
    }
    return true;
  }

  /** Copies what stays of the fields from index `first` on, the joined cookie last. */
  copy(fields: DecodedFields, first: number, head: HeadBuffer): void {
    const { offsets, count } = fields;
    if (first >= count) return;
    if (!this.hasDrops && this.cookies < 2) return head.copy(fields, offsets[first << 2]!, fields.length);
    for (let index = first; index < count; index++) {
      if (this.drops[index] === 0) head.copy(fields, offsets[index << 2]!, offsets[(index << 2) + 3]! + 2);
    }
    if (this.cookies > 1) this.joinCookies(fields, first, head);
  }

  private note(fields: DecodedFields, index: number, id: number): boolean {
    if (isConnectionSpecific(id)) return false; // §8.2.2
    const { bytes, offsets } = fields;
    const start = offsets[(index << 2) + 2]!;
    const end = offsets[(index << 2) + 3]!;
    switch (id) {
      case known.TE:
        return equals(bytes, start, end, 'trailers'); // §8.2.2
      case known.HOST:
        if (this.host >= 0) return false;
        this.host = index;
        this.drop(index);
        return true;
      case known.CONTENT_LENGTH:
        return this.noteLength(parseLength(bytes, start, end), index);
      case known.COOKIE:
        if (++this.cookies === 2) this.dropCookies(fields, index);
        if (this.cookies > 1) this.drop(index);
        return true;
      default:
        return true;
    }
  }

  private noteLength(length: number, index: number): boolean {
    if (length < 0 || (this.lengths > 0 && length !== this.contentLength)) return false;
    if (this.lengths++ > 0) this.drop(index); // RFC 9110 §8.6: the same value again
    this.contentLength = length;
    return true;
  }

  private drop(index: number): void {
    this.hasDrops = true;
    this.drops[index] = 1;
  }

  /** A second crumb: the first one, before `index`, is joined as well. */
  private dropCookies(fields: DecodedFields, index: number): void {
    for (let before = index - 1; before >= 0; before--) if (isCookie(fields, before)) return this.drop(before);
  }

  /** §8.2.3: one line, crumbs separated by `; `. */
  private joinCookies(fields: DecodedFields, first: number, head: HeadBuffer): void {
    const { offsets, count } = fields;
    head.add('cookie: ');
    let left = this.cookies;
    for (let index = first; index < count && left > 0; index++) {
      if (this.drops[index] === 0 || !isCookie(fields, index)) continue;
      head.copy(fields, offsets[(index << 2) + 2]!, offsets[(index << 2) + 3]!);
      if (--left > 0) head.add('; ');
    }
    head.add('\r\n');
  }
}

function isCookie(fields: DecodedFields, index: number): boolean {
  return equals(fields.bytes, fields.offsets[index << 2]!, fields.offsets[(index << 2) + 1]!, 'cookie');
}
