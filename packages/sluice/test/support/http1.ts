/** Runs the codec over latin1 text cut into pieces, each in a buffer of its own at another offset, and gives what it understood as plain data. */
import { BodyDecoder } from '../../src/core/http1/body-decoder.ts';
import type { Fault } from '../../src/core/http1/fault.ts';
import { FieldSection, ID, MORE, REFUSED } from '../../src/core/http1/field-section.ts';
import type { BodyKind } from '../../src/core/http1/framing.ts';
import { RequestParser } from '../../src/core/http1/request-parser.ts';
import { ResponseParser } from '../../src/core/http1/response-parser.ts';

export const LIMITS = {
  requestLineBytesMax: 8_192,
  headerBytesMax: 32_768,
  headersMax: 100,
  trailerBytesMax: 8_192,
  chunkExtensionBytesMax: 4_096,
};
export type Limits = typeof LIMITS;

/** Why it was refused. */
export interface Refusal {
  readonly fault: string;
  readonly status: number;
}

function refusal(fault: Fault): Refusal {
  return { fault: fault.code, status: fault.status };
}

/** Name and value of each field, as sent. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** The text's bytes as they stand after some of them came: `start` is where they begin. */
function* growing(text: string, cuts: readonly number[]): Generator<{ readonly bytes: Buffer; readonly start: number }> {
  let start = 0;
  for (const cut of [...cuts, text.length]) {
    start = (start + 3) % 7;
    yield { bytes: Buffer.from('X'.repeat(start) + text.slice(0, cut), 'latin1'), start };
  }
}

export function fieldsOf(fields: FieldSection, bytes: Uint8Array, start: number): Fields {
  const text = Buffer.from(bytes).toString('latin1');
  return Array.from({ length: fields.count }, (_, index) => {
    const [nameStart = 0, nameEnd, valueStart, valueEnd] = fields.offsets.subarray(index * 4, index * 4 + 4);
    const slice = (from = 0, to = 0): string => text.slice(start + from, start + to);
    return [slice(nameStart, nameEnd), slice(valueStart, valueEnd)] as const;
  });
}

/** What a request's head says; null when it is not whole. */
export function readRequest(text: string, options: { readonly cuts?: readonly number[]; readonly limits?: Partial<Limits> } = {}) {
  const limits = { ...LIMITS, ...options.limits };
  const parser = new RequestParser(limits);
  parser.begin(limits);
  for (const { bytes, start } of growing(text, options.cuts ?? [])) {
    const next = parser.parse(bytes, start, bytes.length);
    if (next === MORE) continue;
    if (next === REFUSED) return refusal(parser.fault!);
    const { method, target, minorVersion, host, bodyKind, contentLength, expectsContinue, acceptsTrailers, upgrade } = parser;
    const fields = fieldsOf(parser.fields, bytes, start + parser.fieldsStart);
    const ids = Array.from(parser.fields.ids.subarray(0, parser.fields.count));
    const said = { method, target, minorVersion, host, bodyKind, contentLength, expectsContinue, acceptsTrailers, upgrade };
    return { ...said, connection: { ...parser.connection }, fields, ids, length: next - start };
  }
  return null;
}

/** What a response's head says; null when it is not whole. */
export function readResponse(
  text: string,
  options: { readonly cuts?: readonly number[]; readonly isHead?: boolean; readonly limits?: Partial<Limits> } = {},
) {
  const parser = new ResponseParser({ ...LIMITS, ...options.limits });
  parser.begin();
  for (const { bytes, start } of growing(text, options.cuts ?? [])) {
    const next = parser.parse(bytes, start, bytes.length, options.isHead ?? false);
    if (next === MORE) continue;
    if (next === REFUSED) return refusal(parser.fault!);
    const { status, minorVersion, bodyKind, contentLength, upgrade, isPersistent } = parser;
    const fields = fieldsOf(parser.fields, bytes, start + parser.fieldsStart);
    const said = { status, minorVersion, bodyKind, contentLength, upgrade, isPersistent };
    return { ...said, fields, length: next - start };
  }
  return null;
}

export interface ReadBody {
  readonly body: string;
  readonly isDone: boolean;
  readonly trailers: Fields;
  /** What follows the message. */
  readonly rest: string;
  readonly fault: string | null;
}

/** Decodes a body that comes in the pieces between the cuts (ascending). */
export function readBody(
  kind: BodyKind,
  length: number,
  text: string,
  options: { readonly cuts?: readonly number[]; readonly limits?: Partial<Limits> } = {},
): ReadBody {
  const decoder = new BodyDecoder({ ...LIMITS, ...options.limits });
  decoder.start(kind, length);
  let body = '';
  const sink = {
    onBody: (bytes: Uint8Array, from: number, to: number) => void (body += Buffer.from(bytes.slice(from, to)).toString('latin1')),
  };
  let at = 0;
  for (const cut of [...(options.cuts ?? []), text.length]) {
    const piece = Buffer.from(`XX${text.slice(at, cut)}`, 'latin1');
    const next = decoder.feed(piece, 2, piece.length, sink);
    if (next === REFUSED) return { body, isDone: false, trailers: [], rest: '', fault: decoder.fault!.code };
    at += next - 2;
    if (decoder.isDone) break;
  }
  const trailers = decoder.trailers === null ? [] : fieldsOf(decoder.trailers.fields, decoder.trailers.bytes, 0);
  return { body, isDone: decoder.isDone, trailers, rest: text.slice(at), fault: null };
}

/** Scans one field section. */
export function scanFields(text: string, bytesMax = 32_768, countMax = 100) {
  const fields = new FieldSection(100);
  const bytes = Buffer.from(text, 'latin1');
  const next = fields.scan(bytes, 0, bytes.length, { bytesMax, countMax }, { code: 'too-long', status: 431, what: '' });
  const ids = Array.from(fields.ids.subarray(0, fields.count));
  return { next, fault: fields.fault?.code ?? null, fields: fieldsOf(fields, bytes, 0), ids, known: ids.map((id) => id & ID) };
}

/** Every place at which a text can be cut. */
export function everyCut(text: string): number[] {
  return Array.from({ length: Math.max(text.length - 1, 0) }, (_, index) => index + 1);
}
