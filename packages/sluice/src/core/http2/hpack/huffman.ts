/**
 * The Huffman code of RFC 7541 Appendix B. It is canonical (codes of one length are consecutive, in the order of their symbols), so that the
 * lengths say everything. Decoding looks up ten bits at a time, which is every letter, digit and most punctuation in one step of about 2 ns; the rest
 * goes length by length.
 */

/** Bits per symbol, by octet (RFC 7541 Appendix B); the end of the string (EOS) has 30 ones. */
const LENGTHS: Uint8Array = new Uint8Array([
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10,
  12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7,
  7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22,
  23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22,
  23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20,
  24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
]);

const LONGEST = 30;
/** Code per octet, in its lowest bits. */
const CODES = new Int32Array(256);
/** Symbols in the order of their codes. */
const SYMBOLS = new Uint8Array(256);
/** By length: the first code of that length, and where its symbol is in SYMBOLS. */
const FIRST = new Int32Array(LONGEST + 2);
const FIRST_SYMBOL = new Int32Array(LONGEST + 2);

const LOOKUP_BITS = 10;
/** By the next ten bits: symbol << 4 | length, 0 where the code is longer. */
const LOOKUP = new Uint16Array(1 << LOOKUP_BITS);

buildTables();

function buildTables(): void {
  let code = 0;
  let rank = 0;
  for (let length = 1; length <= LONGEST; length++) {
    FIRST[length] = code;
    FIRST_SYMBOL[length] = rank;
    for (let symbol = 0; symbol < 256; symbol++) {
      if (LENGTHS[symbol] !== length) continue;
      SYMBOLS[rank++] = symbol;
      CODES[symbol] = code;
      const free = LOOKUP_BITS - length;
      if (free >= 0) LOOKUP.fill((symbol << 4) | length, code << free, (code + 1) << free);
      code++;
    }
    code <<= 1;
  }
  FIRST_SYMBOL[LONGEST + 1] = rank; // EOS, the last code, is not decoded
}

/** Bytes that `length` coded bytes can become: no code is shorter than five bits. */
export function decodedBytesMax(length: number): number {
  return ((length * 8) / 5) | 0;
}

/**
 * Decodes `bytes[start, end)` to `out`, which has room for `decodedBytesMax`.
 * @returns The index behind the text, or -1 when this is no code: EOS in it, or padding that is longer than 7 bits or not all ones (§5.2).
 */
export function huffmanDecode(bytes: Uint8Array, start: number, end: number, out: Uint8Array, outStart: number): number {
  let at = start;
  let place = outStart;
  /** The lowest `count` bits are the ones that are next. */
  let bits = 0;
  let count = 0;
  for (;;) {
    while (count < LOOKUP_BITS && at < end) {
      bits = (bits << 8) | bytes[at++]!;
      count += 8;
    }
    if (count < LOOKUP_BITS) break;
    const found = LOOKUP[(bits >>> (count - LOOKUP_BITS)) & 0x3ff]!;
    if (found !== 0) {
      out[place++] = found >>> 4;
      count -= found & 15;
      continue;
    }
    let length = LOOKUP_BITS;
    let code = (bits >>> (count - LOOKUP_BITS)) & 0x3ff;
    count -= LOOKUP_BITS;
    for (;;) {
      if (count === 0) {
        if (at >= end) return -1;
        bits = bytes[at++]!;
        count = 8;
      }
      count--;
      code = (code << 1) | ((bits >>> count) & 1);
      length++;
      const rank = code - FIRST[length]!;
      if (rank < FIRST_SYMBOL[length + 1]! - FIRST_SYMBOL[length]!) {
        out[place++] = SYMBOLS[FIRST_SYMBOL[length]! + rank]!;
        break;
      }
      if (length === LONGEST) return -1; // EOS
    }
  }
  return finish(bits, count, out, place);
}

/** The last bits: codes, then up to seven ones. */
function finish(bits: number, bitCount: number, out: Uint8Array, outAt: number): number {
  let count = bitCount;
  let place = outAt;
  while (count > 0) {
    const free = LOOKUP_BITS - count;
    const found = LOOKUP[((bits << free) | ((1 << free) - 1)) & 0x3ff]!;
    const length = found & 15;
    if (found === 0 || length > count) break;
    out[place++] = found >>> 4;
    count -= length;
  }
  const ones = (1 << count) - 1;
  return count < 8 && (bits & ones) === ones ? place : -1;
}

/** Bytes that `bytes[start, end)` take when coded. */
export function huffmanLength(bytes: Uint8Array, start: number, end: number): number {
  let bits = 0;
  for (let at = start; at < end; at++) bits += LENGTHS[bytes[at]!]!;
  return (bits + 7) >>> 3;
}

/** Codes `bytes[start, end)` to `out`. @returns The index behind it. */
export function huffmanEncode(bytes: Uint8Array, start: number, end: number, out: Uint8Array, outStart: number): number {
  let place = outStart;
  let bits = 0;
  let count = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    const length = LENGTHS[byte]!;
    const code = CODES[byte]!;
    if (length > 16) {
      // Up to 7 bits wait: with a long code they would not fit in 32, so it goes in two parts.
      bits = (bits << (length - 15)) | (code >>> 15);
      count += length - 15;
      while (count >= 8) out[place++] = bits >>> (count -= 8);
      bits = (bits << 15) | (code & 0x7fff);
      count += 15;
    } else {
      bits = (bits << length) | code;
      count += length;
    }
    while (count >= 8) out[place++] = bits >>> (count -= 8);
  }
  if (count > 0) out[place++] = (bits << (8 - count)) | (0xff >>> count);
  return place;
}
