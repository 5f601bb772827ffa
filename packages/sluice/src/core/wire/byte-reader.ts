/**
 * Reads big-endian numbers and length-prefixed vectors from a run of bytes, as TLS (RFC 8446 §3.4) and PROXY protocol lay them out. A read
 * past the end gives 0 and marks the reader as broken for good, so that a parser may read a whole structure and ask once: `isSpent` is true
 * only when every byte was taken and none was missing.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
  isBroken = false;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  /** Everything was read, and nothing was missing. */
  get isSpent(): boolean {
    return !this.isBroken && this.at === this.end;
  }

  u8(): number {
    const at = this.take(1);
    return at < 0 ? 0 : this.bytes[at]!;
  }

  u16(): number {
    const at = this.take(2);
    return at < 0 ? 0 : (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  u32(): number {
    const high = this.u16();
    return high * 0x10000 + this.u16();
  }

  skip(count: number): void {
    this.take(count);
  }

  /** A reader of the next `count` bytes, which this one passes; an empty one when they are not there. */
  sub(count: number): ByteReader {
    const at = this.take(count);
    return at < 0 ? new ByteReader(this.bytes, this.end, this.end) : new ByteReader(this.bytes, at, at + count);
  }

  /** A vector whose length stands before it in one byte. */
  vector8(): ByteReader {
    return this.sub(this.u8());
  }

  /** A vector whose length stands before it in two bytes. */
  vector16(): ByteReader {
    return this.sub(this.u16());
  }

  /** A copy of what is left, so that it does not keep a larger buffer alive. */
  copy(): Uint8Array {
    return new Uint8Array(this.bytes.subarray(this.at, this.end));
  }

  /** Where the next `count` bytes begin, or -1 when there are fewer. */
  private take(count: number): number {
    if (this.isBroken || count > this.end - this.at) {
      this.isBroken = true;
      return -1;
    }
    const at = this.at;
    this.at += count;
    return at;
  }
}
