/** Trailer fields as they are passed on: behind the last chunk, never merged into the headers; nothing that frames, routes or authenticates (RFC 9110 §6.5.1). */
import type { Trailers } from '../../core/http1/body-decoder.ts';
import { ID } from '../../core/http1/field-section.ts';
import * as known from '../../core/http1/known-fields.ts';
import { latin1 } from '../../core/http1/text.ts';

/** Mean nothing behind the content: they pass, as names do that we do not know. */
const PASSING: ReadonlySet<number> = new Set([known.TRACEPARENT, known.TRACESTATE, known.BAGGAGE]);
const KNOWN: ReadonlySet<string> = new Set(known.KNOWN_NAMES.filter((_, id) => !PASSING.has(id)));

/** The same of trailers that came as text: lines `name: value` CRLF with lower-case names (HTTP/2). Usually all of them stay. */
export function keptTrailers(lines: string): string {
  let text = '';
  let runStart = 0;
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf('\n', start) + 1;
    if (isKnown(lines.slice(start, lines.indexOf(':', start)))) {
      text += lines.slice(runStart, start);
      runStart = end;
    }
    start = end;
  }
  return runStart === 0 ? lines : text + lines.slice(runStart);
}

/** Also by another spelling, which some origins read as the same. */
function isKnown(name: string): boolean {
  return KNOWN.has(name) || ((name.includes('_') || name.includes('.')) && KNOWN.has(name.replace(/[_.]/g, '-')));
}

/** Field lines with CRLFs, without those we act on. */
export function trailerLines(trailers: Trailers | null): string {
  if (trailers === null) return '';
  const { fields, bytes } = trailers;
  let text = '';
  for (let index = 0; index < fields.count; index++) {
    const id = fields.ids[index]! & ID;
    if (id !== known.OTHER && !PASSING.has(id)) continue;
    const at = index << 2;
    const { offsets } = fields;
    text += `${latin1(bytes, offsets[at]!, offsets[at + 1]!)}: ${latin1(bytes, offsets[at + 2]!, offsets[at + 3]!)}\r\n`;
  }
  return text;
}
