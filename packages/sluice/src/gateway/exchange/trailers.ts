/** Trailer fields as they are passed on: behind the last chunk, never merged into the headers; nothing that frames, routes or authenticates (RFC 9110 §6.5.1). */
import type { Trailers } from '../../core/http1/body-decoder.ts';
import { ID } from '../../core/http1/field-section.ts';
import * as known from '../../core/http1/known-fields.ts';
import { latin1 } from '../../core/http1/text.ts';

const KNOWN: ReadonlySet<string> = new Set(known.KNOWN_NAMES);

/** The same of trailers that came as text: lines `name: value` CRLF with lower-case names (HTTP/2). */
export function keptTrailers(lines: string): string {
  let text = '';
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf('\n', start) + 1;
    if (!KNOWN.has(lines.slice(start, lines.indexOf(':', start)).replace(/[_.]/g, '-'))) text += lines.slice(start, end);
    start = end;
  }
  return text;
}

/** Field lines with CRLFs, without those we act on. */
export function trailerLines(trailers: Trailers | null): string {
  if (trailers === null) return '';
  const { fields, bytes } = trailers;
  let text = '';
  for (let index = 0; index < fields.count; index++) {
    if ((fields.ids[index]! & ID) !== known.OTHER) continue;
    const at = index << 2;
    const { offsets } = fields;
    text += `${latin1(bytes, offsets[at]!, offsets[at + 1]!)}: ${latin1(bytes, offsets[at + 2]!, offsets[at + 3]!)}\r\n`;
  }
  return text;
}
