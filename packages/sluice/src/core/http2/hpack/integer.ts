/** Integers with a prefix (RFC 7541 §5.1). */

/** The integer is cut off, longer than four bytes behind its prefix, or 2^28 + 255 and more: nothing that a head could mean. */
export const BAD_INTEGER = -1;

/** Reads integers and bytes of one block in order. */
export class BlockReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;

  begin(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /**
   * The integer whose first byte is the next one.
   * @param mask Ones for the bits of the prefix.
   * @returns BAD_INTEGER where there is none.
   */
  integer(mask: number): number {
    if (this.at >= this.end) return BAD_INTEGER;
    const prefix = this.bytes[this.at++]! & mask;
    return prefix < mask ? prefix : this.continued(mask);
  }

  private continued(prefix: number): number {
    const { bytes, end } = this;
    let value = prefix;
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.at >= end) return BAD_INTEGER;
      const byte = bytes[this.at++]!;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return BAD_INTEGER; // RFC 7541 §5.1: excessively large or long encodings MUST be treated as decoding errors
  }
}

/** Bytes that an integer may take. */
export const INTEGER_BYTES_MAX = 6;

/** Writes `value` behind the bits of `pattern` at `at`. @returns The index behind it. */
export function writeInteger(bytes: Uint8Array, at: number, pattern: number, mask: number, value: number): number {
  if (value < mask) {
    bytes[at] = pattern | value;
    return at + 1;
  }
  bytes[at] = pattern | mask;
  let place = at + 1;
  let rest = value - mask;
  for (; rest >= 0x80; rest >>>= 7) bytes[place++] = (rest & 0x7f) | 0x80;
  bytes[place] = rest;
  return place + 1;
}
