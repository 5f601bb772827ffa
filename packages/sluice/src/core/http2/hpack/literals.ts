/** Writes numbers and strings of header blocks (RFC 7541 §5). Whoever calls has made room: the string's bytes and INTEGER_BYTES_MAX. */
import type { BlockSink } from './block-sink.ts';
import { huffmanEncode, huffmanLength } from './huffman.ts';
import { writeInteger } from './integer.ts';
import { copyBytes } from './octets.ts';

const HUFFMAN = 0x80;
const LENGTH_MASK = 0x7f;

export function writeNumber(into: BlockSink, pattern: number, mask: number, value: number): void {
  into.length = writeInteger(into.bytes, into.length, pattern, mask, value);
}

/** Coded where that is shorter. */
export function writeString(into: BlockSink, bytes: Uint8Array, start: number, end: number): void {
  const length = end - start;
  const coded = huffmanLength(bytes, start, end);
  if (coded < length) {
    writeNumber(into, HUFFMAN, LENGTH_MASK, coded);
    into.length = huffmanEncode(bytes, start, end, into.bytes, into.length);
    return;
  }
  writeNumber(into, 0, LENGTH_MASK, length);
  copyBytes(bytes, start, end, into.bytes, into.length);
  into.length += length;
}

/** Writes latin1 text. @returns The index behind it. */
export function writeLatin1(text: string, bytes: Uint8Array, start: number): number {
  for (let at = 0; at < text.length; at++) bytes[start + at] = text.charCodeAt(at);
  return start + text.length;
}
