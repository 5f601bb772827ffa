/**
 * The dynamic table (RFC 7541 §2.3.2, §4): lines one behind the other in one byte array, newest last, and a ring of their places. An eviction moves a
 * counter. When the array is full its living half moves to the front, so that each byte is moved once on average; nothing is allocated per entry.
 *
 * Memory: about 1.5 KiB at first, at most two and a half times the table's size.
 */
import { ENTRY_OVERHEAD, LINE_OVERHEAD, type LineStore, PLACE } from './line-store.ts';
import { Octets, copyBytes } from './octets.ts';

const FIRST_BYTES = 1024;
const FIRST_ENTRIES = 32;

export class DynamicTable extends Octets implements LineStore {
  places: Int32Array = new Int32Array(FIRST_ENTRIES * PLACE);
  count = 0;
  /** As RFC 7541 §4.1 counts. */
  size = 0;
  /** Entries are evicted until `size` fits. */
  bytesMax: number;
  /** Entries added so far, as a 32-bit integer that may wrap; the ring's slot is its lowest bits. */
  added = 0;
  private mask = FIRST_ENTRIES - 1;
  /** Where the next line goes. */
  private end = 0;

  constructor(bytesMax: number) {
    super(FIRST_BYTES);
    this.bytesMax = bytesMax;
  }

  /** Place of the entry added `age` entries ago: 1 is the newest, `count` the oldest. */
  place(age: number): number {
    return ((this.added - age) & this.mask) * PLACE;
  }

  /** Sets the maximum size (RFC 7541 §4.3). */
  resize(bytesMax: number): void {
    this.bytesMax = bytesMax;
    this.evictTo(bytesMax);
  }

  /**
   * Adds the line `bytes[start, valueEnd)`, to which a CRLF is added, after evicting what it displaces.
   * @returns False when it is larger than the whole table, which is empty then (RFC 7541 §4.4).
   */
  add(bytes: Uint8Array, start: number, nameEnd: number, valueEnd: number): boolean {
    const length = valueEnd - start + 2;
    const size = length - LINE_OVERHEAD + ENTRY_OVERHEAD;
    this.evictTo(this.bytesMax - size);
    if (size > this.bytesMax) return false;
    if (this.end + length > this.capacity) this.makeRoom(length);
    if (this.count > this.mask) this.growRing();
    const at = this.end;
    copyBytes(bytes, start, valueEnd, this.bytes, at);
    this.bytes[at + length - 2] = 0x0d;
    this.bytes[at + length - 1] = 0x0a;
    const place = (this.added & this.mask) * PLACE;
    this.places[place] = at;
    this.places[place + 1] = at + nameEnd - start;
    this.places[place + 2] = at + valueEnd - start;
    this.end = at + length;
    this.added = (this.added + 1) | 0;
    this.count++;
    this.size += size;
    return true;
  }

  private evictTo(size: number): void {
    while (this.count > 0 && this.size > size) {
      const place = this.place(this.count);
      this.size -= this.places[place + 2]! - this.places[place]! + 2 - LINE_OVERHEAD + ENTRY_OVERHEAD;
      this.count--;
    }
  }

  private makeRoom(length: number): void {
    const oldest = this.count === 0 ? this.end : this.places[this.place(this.count)]!;
    const living = this.end - oldest;
    this.bytes.copyWithin(0, oldest, this.end);
    for (let age = 1; age <= this.count; age++) {
      const place = this.place(age);
      for (let part = 0; part < 3; part++) this.places[place + part]! -= oldest;
    }
    this.end = living;
    if ((living + length) * 2 > this.capacity) this.grow((living + length) * 2, living);
  }

  private growRing(): void {
    const old = this.places;
    const oldMask = this.mask;
    this.places = new Int32Array(old.length * 2);
    this.mask = oldMask * 2 + 1;
    for (let age = 1; age <= this.count; age++) {
      const from = ((this.added - age) & oldMask) * PLACE;
      this.places.set(old.subarray(from, from + PLACE), this.place(age));
    }
  }
}
