/**
 * Base64 of gRPC-Web's text variant, in pieces. A body may be several padded texts one after another: senders flush messages one by one
 * (grpc, doc/PROTOCOL-WEB.md). Decoding is strict otherwise: no white space, no URL alphabet, no bits left over in a padded group.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const CODES: Uint8Array = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));
const PAD = 0x3d;

const NONE = 255;
const VALUES: Uint8Array = new Uint8Array(256).fill(NONE);
for (const [value, code] of CODES.entries()) VALUES[code] = value;

/** One per body. */
export class Base64Decoder {
  isBroken = false;
  /** Bits of the current group of four characters. */
  private bits = 0;
  private characters = 0;
  private pads = 0;

  /** Every group is whole: the body may end here. */
  get isWhole(): boolean {
    return !this.isBroken && this.characters === 0;
  }

  /** Decodes `bytes[start, end)`, less what waits for the rest of its group. @returns Null when it is no base64; then for good. */
  push(bytes: Uint8Array, start = 0, end = bytes.length): Uint8Array | null {
    const decoded = new Uint8Array(Math.ceil(((this.characters + end - start) * 3) / 4));
    let length = 0;
    for (let at = start; at < end && !this.isBroken; at++) {
      this.take(bytes[at]!);
      if (this.characters < 4) continue;
      const count = 3 - this.pads;
      for (let index = 0; index < count; index++) decoded[length++] = this.bits >> (16 - 8 * index);
      this.endGroup(count);
    }
    return this.isBroken ? null : decoded.subarray(0, length);
  }

  private take(byte: number): void {
    const value = VALUES[byte]!;
    this.characters++;
    if (byte === PAD && this.characters > 2) {
      this.pads++;
      this.bits <<= 6;
    } else if (value === NONE || this.pads > 0) {
      this.isBroken = true;
    } else {
      this.bits = (this.bits << 6) | value;
    }
  }

  private endGroup(count: number): void {
    // RFC 4648 §3.5: the bits that padding leaves over are zero, or one content would have many spellings.
    if ((this.bits & (count === 1 ? 0xffff : count === 2 ? 0xff : 0)) !== 0) this.isBroken = true;
    this.bits = 0;
    this.characters = 0;
    this.pads = 0;
  }
}

/** One per body. */
export class Base64Encoder {
  /** The last one or two bytes, which make no group yet. */
  private carry = 0;
  private carried = 0;

  /** Encodes what makes whole groups of three bytes; the rest waits for more, or for `flush`. */
  push(bytes: Uint8Array, start = 0, end = bytes.length): Uint8Array {
    const encoded = new Uint8Array(Math.floor((this.carried + end - start) / 3) * 4);
    let length = 0;
    for (let at = start; at < end; at++) {
      this.carry = (this.carry << 8) | bytes[at]!;
      if (++this.carried < 3) continue;
      for (let shift = 18; shift >= 0; shift -= 6) encoded[length++] = CODES[(this.carry >> shift) & 63]!;
      this.carry = 0;
      this.carried = 0;
    }
    return encoded;
  }

  /** What waits, padded: at the end of the body, and wherever a client shall see all that was written. Empty when nothing waits. */
  flush(): Uint8Array {
    const { carry, carried } = this;
    this.carry = 0;
    this.carried = 0;
    if (carried === 0) return new Uint8Array(0);
    const bits = carried === 1 ? carry << 16 : carry << 8;
    const third = carried === 1 ? PAD : CODES[(bits >> 6) & 63]!;
    return Uint8Array.of(CODES[bits >> 18]!, CODES[(bits >> 12) & 63]!, third, PAD);
  }
}
