/** Trailers (RFC 9113 §8.1): the rules of fields, no pseudo-headers, nothing that frames or routes (RFC 9110 §6.5.1). */
import { ALIAS, ID } from '../http1/field-section.ts';
import * as known from '../http1/known-fields.ts';
import { latin1 } from '../http1/text.ts';
import { isConnectionSpecific, isFieldName, isFieldValue } from './field-rules.ts';
import type { DecodedFields } from './hpack/decoded-fields.ts';

/** The trailers as lines `name: value` CRLF; null when they are malformed. */
export function trailerText(fields: DecodedFields): string | null {
  const { bytes, offsets, count } = fields;
  for (let index = 0; index < count; index++) {
    const at = index << 2;
    if (!isFieldName(bytes, offsets[at]!, offsets[at + 1]!) || !isFieldValue(bytes, offsets[at + 2]!, offsets[at + 3]!)) return null;
    if (isFraming(known.knownField(bytes, offsets[at]!, offsets[at + 1]!))) return null;
  }
  return latin1(bytes, 0, fields.length);
}

function isFraming(id: number): boolean {
  if ((id & ALIAS) !== 0) return false;
  const plain = id & ID;
  return plain === known.CONTENT_LENGTH || plain === known.HOST || isConnectionSpecific(id);
}
