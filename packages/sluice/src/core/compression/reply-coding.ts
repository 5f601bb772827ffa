/**
 * Whether a reply may be coded here, and what its head says then (RFC 9110 §8.4, §12.5.5, §8.8.3.3). It varies by Accept-Encoding wherever another client would have got it in another form. Coded, it
 * loses what was true of the bytes only: length, ranges, digests, and the strength of its tag.
 */
import type { Fields } from '../caching/http/fields.ts';
import { isWeakTag } from '../caching/http/entity-tag.ts';
import type { Coding } from './accept-encoding.ts';
import type { MediaTypes } from './media-types.ts';

/** The reply's head as its origin sent it. */
export interface ReplyHead {
  readonly status: number;
  /** -1: not known. */
  readonly contentLength: number;
  readonly fields: Fields;
}

export interface CodingRules {
  readonly types: MediaTypes;
  /** Content that is known to be shorter is let alone. */
  readonly bytesMin: number;
}

/** `plain`: as it is; `vary`: as it is, but others may get it coded; `code`. */
export type CodingVerdict = 'plain' | 'vary' | 'code';

/** @param coding What the client takes; null: nothing that we make. */
export function codingVerdict(head: ReplyHead, rules: CodingRules, coding: Coding | null): CodingVerdict {
  const { status, contentLength, fields } = head;
  if (status === 304) return mayVary(fields, rules) ? 'vary' : 'plain';
  // 206 and whatever has a range is a part of something whose bytes must stay the same.
  if (status < 200 || status === 204 || status === 205 || status === 206) return 'plain';
  if (contentLength === 0 || (contentLength > 0 && contentLength < rules.bytesMin)) return 'plain';
  if (!rules.types.has(fields.get('content-type') ?? '')) return 'plain';
  if (fields.get('content-encoding') !== null || fields.get('content-range') !== null) return 'plain';
  if (isNoTransform(fields)) return 'plain';
  return coding === null ? 'vary' : 'code';
}

/** A 304 says what the 200 would (RFC 9110 §15.4.5), but seldom its type. */
function mayVary(fields: Fields, { types }: CodingRules): boolean {
  const type = fields.get('content-type');
  return (type === null || types.has(type)) && fields.get('content-encoding') === null && !isNoTransform(fields);
}

/** RFC 9111 §5.2.2.6. Wherever it stands: what is let alone by mistake is no harm. */
function isNoTransform(fields: Fields): boolean {
  return fields.get('cache-control')?.toLowerCase().includes('no-transform') === true;
}

/** Edits of a head: names to leave out, `,name,`, and lines to add. */
export interface HeadEdits {
  readonly drops: string;
  readonly lines: string;
}

const VARY_LINE = 'Vary: Accept-Encoding\r\n';

/** Of a reply that others may get coded. Empty lines and drops: nothing is to be done. */
export function varyEdits(fields: Fields): HeadEdits {
  return { drops: '', lines: varies(fields) ? '' : VARY_LINE };
}

/** What held of the bytes as they were. */
const BYTE_FIELDS = ',content-length,accept-ranges,content-md5,digest,content-digest,repr-digest,';

/** Of a reply that is coded. */
export function codedEdits(fields: Fields, coding: Coding): HeadEdits {
  let lines = `Content-Encoding: ${coding}\r\n${varyEdits(fields).lines}`;
  const tag = fields.get('etag');
  if (tag === null || isWeakTag(tag)) return { drops: BYTE_FIELDS, lines };
  lines += `ETag: W/${tag}\r\n`;
  return { drops: `${BYTE_FIELDS}etag,`, lines };
}

/** Of a 304 to a client that holds the coded form, which it knows by the weak tag. @param asked Its If-None-Match. */
export function unchangedEdits(fields: Fields, asked: string | null): HeadEdits {
  const edits = varyEdits(fields);
  const tag = fields.get('etag');
  if (tag === null || asked === null || isWeakTag(tag) || !asked.includes(`W/${tag}`)) return edits;
  return { drops: ',etag,', lines: `${edits.lines}ETag: W/${tag}\r\n` };
}

function varies(fields: Fields): boolean {
  const vary = fields.get('vary');
  if (vary === null) return false;
  const names = `,${vary.toLowerCase().replaceAll(' ', '').replaceAll('\t', '')},`;
  return names.includes(',accept-encoding,') || names.includes(',*,');
}
