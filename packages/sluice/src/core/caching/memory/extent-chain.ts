/**
 * Bytes and texts in a chain of extents: written at its end, read anywhere. Extents that lie side by side are read as one piece, which is
 * the usual case. Readers may hold on to a chain that is being given back at the same time: what they get then is rubbish, never out of
 * bounds and never without end, and the word of state tells them so afterwards.
 */
import { BLOCK_BYTES, BLOCK_SHIFT, SEGMENT_MASK, SEGMENT_SHIFT } from './memory-layout.ts';
import type { StoreViews } from './store-views.ts';
import { ORDER_BITS } from './extent-allocator.ts';

/** Latin-1 text of bytes: `Buffer.prototype.latin1Slice` called on them is the fastest. */
export type Decode = (bytes: Uint8Array, start: number, end: number) => string;

const UNITS_AT_ONCE = 4_096;

/** Works everywhere; about ten times slower than what Node has. */
export function decodeLatin1(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += UNITS_AT_ONCE) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + UNITS_AT_ONCE)));
  }
  return text;
}

/** A place in a chain, moved along it. One for each thread and purpose: nothing is allocated to read or write. */
export class ChainCursor {
  /** Where the next bytes lie: a view of 1 GiB, and an offset in it. */
  bytes: Uint8Array;
  at = 0;
  /** The end of the piece that `at` is in. */
  end = 0;
  /** The first block of the extent that `at` is in (the last one joined). */
  block = -1;
  /** The offset at which that extent begins, in the same view. */
  extentAt = 0;
  readonly #links: Int32Array;
  readonly #orders: Uint8Array;
  readonly #segments: readonly Uint8Array[];

  constructor(views: StoreViews) {
    this.#links = views.links;
    this.#orders = views.orders;
    this.#segments = views.segments;
    this.bytes = views.segments[0]!;
  }

  /** At the first byte of a chain. @param first Its first block. */
  open(first: number): void {
    this.at = 0;
    this.end = 0;
    this.block = -1;
    if (first >= 0) this.#enter(first);
  }

  /** Goes over `count` bytes. @returns False when the chain ends before. */
  skip(count: number): boolean {
    for (let left = count; left > 0;) {
      if (this.at === this.end && !this.next()) return false;
      const step = Math.min(left, this.end - this.at);
      this.at += step;
      left -= step;
    }
    return true;
  }

  /** On to the piece after this one. @returns False at the end of the chain. */
  next(): boolean {
    const next = this.block < 0 ? -1 : Atomics.load(this.#links, this.block) - 1;
    return next >= 0 && this.#enter(next);
  }

  /** Makes the piece longer by the extents that lie right behind it, up to `wanted` bytes. */
  widen(wanted: number): void {
    while (this.end - this.at < wanted) {
      const next = Atomics.load(this.#links, this.block) - 1;
      if (next < 0 || next >>> SEGMENT_SHIFT !== this.block >>> SEGMENT_SHIFT || (next & SEGMENT_MASK) << BLOCK_SHIFT !== this.end) return;
      const bytes = this.#sizeOf(next);
      if (bytes === 0) return;
      this.block = next;
      this.extentAt = this.end;
      this.end += bytes;
    }
  }

  /** Copies bytes in. @returns How many had room before the chain's end. */
  put(source: Uint8Array, start: number, end: number): number {
    let from = start;
    while (from < end) {
      if (this.at === this.end && !this.next()) break;
      // One copy for all extents that lie side by side; the last one joined has the last byte, which is where a trim cuts.
      this.widen(end - from);
      const step = Math.min(end - from, this.end - this.at);
      this.bytes.set(from === 0 && step === source.length ? source : source.subarray(from, from + step), this.at);
      this.at += step;
      from += step;
    }
    return from - start;
  }

  /** Writes code units as bytes; those above 255 lose their high half. The chain must have room. */
  putText(text: string): void {
    for (let from = 0; from < text.length;) {
      if (this.at === this.end && !this.next()) return;
      const step = Math.min(text.length - from, this.end - this.at);
      const { bytes, at } = this;
      for (let index = 0; index < step; index++) bytes[at + index] = text.charCodeAt(from + index);
      this.at += step;
      from += step;
    }
  }

  /** Writes code units as two bytes each. */
  putWideText(text: string): void {
    for (let from = 0; from < text.length; from++) {
      const unit = text.charCodeAt(from);
      this.#putByte(unit & 0xff);
      this.#putByte(unit >>> 8);
    }
  }

  putWord(word: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.#putByte((word >>> shift) & 0xff);
  }

  word(): number {
    let word = 0;
    for (let shift = 0; shift < 32; shift += 8) word |= this.#byte() << shift;
    return word;
  }

  /** The next `length` bytes as text; shorter where the chain ends. */
  text(length: number, decode: Decode): string {
    let text = '';
    for (let left = length; left > 0;) {
      if (this.at === this.end && !this.next()) break;
      this.widen(left);
      const step = Math.min(left, this.end - this.at);
      text += decode(this.bytes, this.at, this.at + step);
      this.at += step;
      left -= step;
    }
    return text;
  }

  wideText(length: number): string {
    let text = '';
    for (let unit = 0; unit < length; unit++) text += String.fromCharCode(this.#byte() | (this.#byte() << 8));
    return text;
  }

  /** Whether the next bytes are this text. */
  isText(text: string): boolean {
    for (let from = 0; from < text.length;) {
      if (this.at === this.end && !this.next()) return false;
      const step = Math.min(text.length - from, this.end - this.at);
      const { bytes, at } = this;
      for (let index = 0; index < step; index++) if (bytes[at + index] !== text.charCodeAt(from + index)) return false;
      this.at += step;
      from += step;
    }
    return true;
  }

  isWideText(text: string): boolean {
    for (let from = 0; from < text.length; from++) {
      if ((this.#byte() | (this.#byte() << 8)) !== text.charCodeAt(from)) return false;
    }
    return true;
  }

  #enter(block: number): boolean {
    const bytes = this.#sizeOf(block);
    const segment = this.#segments[block >>> SEGMENT_SHIFT];
    if (bytes === 0 || segment === undefined) return false;
    this.block = block;
    this.bytes = segment;
    this.extentAt = (block & SEGMENT_MASK) << BLOCK_SHIFT;
    this.at = this.extentAt;
    this.end = Math.min(segment.length, this.at + bytes);
    return this.end > this.at;
  }

  #sizeOf(block: number): number {
    const order = Atomics.load(this.#orders, block) & ORDER_BITS;
    return order === 0 ? 0 : BLOCK_BYTES << (order - 1);
  }

  #putByte(byte: number): void {
    if (this.at === this.end && !this.next()) return;
    this.bytes[this.at++] = byte;
  }

  #byte(): number {
    if (this.at === this.end && !this.next()) return 0;
    return this.bytes[this.at++]!;
  }
}
