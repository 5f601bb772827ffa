/** Where a canonical head is put together; used again for every head. Memory is at most that of the decoded section plus one line. */
import { type Allocate, Octets, copyOctets } from './hpack/octets.ts';

const FIRST_BYTES = 2048;

export class HeadBuffer extends Octets {
  length = 0;

  constructor(allocate?: Allocate) {
    super(FIRST_BYTES, allocate);
  }

  reset(): void {
    this.length = 0;
  }

  /** Adds ASCII text. */
  add(text: string): void {
    const size = text.length;
    this.reserve(size);
    const { bytes } = this;
    let at = this.length;
    for (let index = 0; index < size; index++) bytes[at++] = text.charCodeAt(index);
    this.length = at;
  }

  /** Adds `from[start, end)`. */
  copy(from: Octets, start: number, end: number): void {
    if (end <= start) return;
    this.reserve(end - start);
    copyOctets(from, start, end - start, this, this.length);
    this.length += end - start;
  }

  private reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed > this.capacity) this.grow(needed, this.length);
  }
}
