/** For tests of the header compression: decode to pairs, encode from pairs. */
import { latin1 } from '../../src/core/http1/text.ts';
import { DecodedFields } from '../../src/core/http2/hpack/decoded-fields.ts';
import type { HpackDecoder } from '../../src/core/http2/hpack/decoder.ts';
import type { HpackEncoder } from '../../src/core/http2/hpack/encoder.ts';
import { FieldBlock } from './field-block.ts';

export type Pair = readonly [name: string, value: string];

export const ROOMY = { sectionBytesMax: 1_000_000, fieldsMax: 10_000 };

/** The fields of a block, or null for a compression error. */
export function decodePairs(decoder: HpackDecoder, block: Uint8Array): Pair[] | null {
  const fields = new DecodedFields();
  fields.reset(ROOMY);
  return decoder.decode(block, 0, block.length, fields) ? pairsOf(fields) : null;
}

export function pairsOf(fields: DecodedFields): Pair[] {
  const { offsets } = fields;
  return Array.from({ length: fields.count }, (_, index) => {
    const at = index * 4;
    return [latin1(fields.bytes, offsets[at]!, offsets[at + 1]!), latin1(fields.bytes, offsets[at + 2]!, offsets[at + 3]!)];
  });
}

export function encodePairs(encoder: HpackEncoder, pairs: readonly Pair[]): Uint8Array {
  const block = new FieldBlock();
  encoder.begin(block);
  for (const [name, value] of pairs) encoder.encodeField(name, value, block);
  return block.bytes.slice(0, block.length);
}

export function hex(text: string): Uint8Array {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}
