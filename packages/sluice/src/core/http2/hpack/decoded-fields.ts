/**
 * A decoded field section: lines `name: value` CRLF as they would stand in an HTTP/1.1 head, in an array that is used again for every head. Octets are
 * stored as they came, so a value may hold a CRLF: offsets tell fields apart, the bytes alone do not, until the characters have been checked.
 *
 * The section is bounded by the rule of RFC 9113 §6.5.2 and by count. Whatever passes a bound is decoded but not stored, and `isTooLarge` is true.
 * The array grows to at most twice the bound plus what the longest field of the block decodes to (1.6 times its bytes).
 */
import { ENTRY_OVERHEAD, LINE_OVERHEAD, type LineStore, PLACE } from './line-store.ts';
import { type Allocate, Octets, copyOctets } from './octets.ts';

const FIRST_BYTES = 2048;
const FIRST_FIELDS = 32;

export interface SectionLimits {
  /** Names, values and 32 per field. */
  readonly sectionBytesMax: number;
  readonly fieldsMax: number;
}

export class DecodedFields extends Octets {
  /** Bytes stored. */
  length = 0;
  /** Fields stored. */
  count = 0;
  /** Four per field: name start, name end, value start, value end. */
  offsets: Int32Array = new Int32Array(FIRST_FIELDS * 4);
  /** Size of the section as RFC 9113 §6.5.2 counts, fields that were not stored included. */
  size = 0;
  /** Fields decoded, those that were not stored included. */
  seen = 0;
  isTooLarge = false;
  private sectionBytesMax = 0;
  private fieldsMax = 0;

  /** @param allocate Buffer's `allocUnsafeSlow`, where text is to be read natively. */
  constructor(allocate?: Allocate) {
    super(FIRST_BYTES, allocate);
  }

  /** Forgets the last section. */
  reset(limits: SectionLimits): void {
    this.length = 0;
    this.count = 0;
    this.size = 0;
    this.seen = 0;
    this.isTooLarge = false;
    this.sectionBytesMax = limits.sectionBytesMax;
    this.fieldsMax = limits.fieldsMax;
  }

  /** Adds a line from a table. */
  addLine(store: LineStore, place: number): void {
    const { places } = store;
    const start = places[place]!;
    const length = places[place + 2]! - start + 2;
    if (!this.admits(length - LINE_OVERHEAD)) return;
    const at = this.length;
    if (at + length > this.capacity) this.grow(at + length, at);
    copyOctets(store, start, length, this, at);
    this.note(at, at + places[place + 1]! - start, at + length - 2);
  }

  /** Room for `bytes` behind `at`; what has been written from `length` to `at` is kept. */
  reserve(at: number, bytes: number): void {
    if (at + bytes > this.capacity) this.grow(at + bytes, at);
  }

  /** Adds the line that has been written at `length`, with room for its CRLF behind it. */
  commit(nameEnd: number, valueEnd: number): void {
    if (!this.admits(valueEnd - this.length - 2)) return;
    this.bytes[valueEnd] = 0x0d;
    this.bytes[valueEnd + 1] = 0x0a;
    this.note(this.length, nameEnd, valueEnd);
  }

  /** Writes the name of a line at `length`, with room for `: ` behind it. @returns The name's end. */
  copyName(store: LineStore, place: number): number {
    const start = store.places[place]!;
    const length = store.places[place + 1]! - start;
    this.reserve(this.length, length + 2);
    copyOctets(store, start, length, this, this.length);
    return this.length + length;
  }

  /** Counts a field. @returns Whether it is stored. */
  private admits(bytes: number): boolean {
    this.size += bytes + ENTRY_OVERHEAD;
    this.seen++;
    if (this.size > this.sectionBytesMax || this.seen > this.fieldsMax) this.isTooLarge = true;
    return !this.isTooLarge;
  }

  private note(start: number, nameEnd: number, valueEnd: number): void {
    const at = this.count++ * PLACE;
    if (at >= this.offsets.length) this.growOffsets();
    const { offsets } = this;
    offsets[at] = start;
    offsets[at + 1] = nameEnd;
    offsets[at + 2] = nameEnd + 2;
    offsets[at + 3] = valueEnd;
    this.length = valueEnd + 2;
  }

  private growOffsets(): void {
    const old = this.offsets;
    this.offsets = new Int32Array(old.length * 2);
    this.offsets.set(old);
  }
}
