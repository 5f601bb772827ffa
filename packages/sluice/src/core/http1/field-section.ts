/**
 * Field lines up to the empty line (RFC 9112 §5), scanned in place. Nothing is copied: a field is four offsets, relative to the section's first
 * byte, and an id. Resumable at line borders: more bytes cost a second look at the last, unfinished line only.
 *
 * Every byte is checked once and the order of checks follows the bytes, so the outcome does not depend on how they were split.
 */
import { CLASS, COLON, CR, HTAB, LF, SP, TOKEN } from './characters.ts';
import { FAULTS, type Fault } from './fault.ts';
import { ALIAS, knownField } from './known-fields.ts';

/** The section is not complete yet. */
export const MORE = -1;
/** The section is refused; `fault` says why. */
export const REFUSED = -2;

/** Flag on an id: the line is not exactly `Name: value` CRLF, so it must be written anew to be forwarded. */
export const UNEVEN = 0x80;
export { ALIAS };
/** Masks the id out of its flags. */
export const ID = 0x3f;

export interface FieldLimits {
  readonly bytesMax: number;
  readonly countMax: number;
}

/** Reused from message to message. Offsets are valid for the buffer that was scanned last. */
export class FieldSection {
  count = 0;
  fault: Fault | null = null;
  /** Ids with flags, by field. */
  readonly ids: Uint8Array;
  /** Four per field: name start, name end, value start, value end; relative to the section's start. */
  readonly offsets: Int32Array;
  /** Where the next line starts, relative. After the last field this is the empty line. */
  private line = 0;
  readonly capacity: number;

  /** @param capacity Fields at most (the highest limit it will be used with). */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.ids = new Uint8Array(capacity);
    this.offsets = new Int32Array(capacity * 4);
  }

  /** Forgets the last section. */
  reset(): void {
    this.count = 0;
    this.line = 0;
    this.fault = null;
  }

  /** End of the field lines, relative: where the closing empty line begins. */
  get linesEnd(): number {
    return this.line;
  }

  /**
   * Scans `bytes[start, end)`, where `start` is the section's first byte in this buffer.
   * @returns The index after the closing empty line, MORE, or REFUSED.
   */
  scan(bytes: Uint8Array, start: number, end: number, limits: FieldLimits, tooLong: Fault): number {
    const bound = start + limits.bytesMax + 2; // the closing CRLF is not counted
    const limit = end < bound ? end : bound;
    let at = start + this.line;
    for (;;) {
      if (at >= limit) return limit === bound ? this.refuse(tooLong) : MORE;
      if (bytes[at] === CR) {
        if (at + 1 >= limit) return limit === bound ? this.refuse(tooLong) : MORE;
        if (bytes[at + 1] !== LF) return this.refuse(FAULTS.lineEnding);
        return at + 2;
      }
      const next = this.scanLine(bytes, start, at, limit, limits.countMax);
      if (next === MORE) return limit === bound ? this.refuse(tooLong) : MORE;
      if (next === REFUSED) return REFUSED;
      this.line = next - start;
      at = next;
    }
  }

  private scanLine(bytes: Uint8Array, start: number, from: number, limit: number, countMax: number): number {
    let at = from;
    let byte = 0;
    while (at < limit && (CLASS[(byte = bytes[at]!)]! & TOKEN) !== 0) at++;
    if (at >= limit) return MORE;
    if (byte !== COLON || at === from) return this.refuse(nameFault(byte, at === from));
    if (this.count >= countMax || this.count >= this.capacity) return this.refuse(FAULTS.headersMany);
    const nameEnd = at++;
    while (at < limit && (bytes[at] === SP || bytes[at] === HTAB)) at++;
    const valueStart = at;
    // What CLASS calls VALUE, without the table: 0x20..0x7e, 0x80..0xff and HTAB. Most of a head's bytes are read here.
    for (; at < limit; at++) {
      byte = bytes[at]!;
      if ((byte < 0x20 && byte !== HTAB) || byte === 0x7f) break;
    }
    if (at >= limit) return MORE;
    if (byte !== CR) return this.refuse(byte === LF ? FAULTS.lineEnding : FAULTS.fieldValue);
    if (at + 1 >= limit) return MORE;
    if (bytes[at + 1] !== LF) return this.refuse(FAULTS.lineEnding);
    let valueEnd = at;
    while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) valueEnd--;
    const isEven = valueStart === nameEnd + 2 && bytes[nameEnd + 1] === SP && valueEnd === at;
    const { offsets, count } = this;
    const place = count << 2;
    offsets[place] = from - start;
    offsets[place + 1] = nameEnd - start;
    offsets[place + 2] = valueStart - start;
    offsets[place + 3] = valueEnd - start;
    this.ids[count] = knownField(bytes, from, nameEnd) | (isEven ? 0 : UNEVEN);
    this.count = count + 1;
    return at + 2;
  }

  private refuse(fault: Fault): typeof REFUSED {
    this.fault = fault;
    return REFUSED;
  }
}

function nameFault(byte: number, isEmpty: boolean): Fault {
  if (byte === LF) return FAULTS.lineEnding;
  return isEmpty && (byte === SP || byte === HTAB) ? FAULTS.fieldFold : FAULTS.fieldName;
}
