/**
 * The field lines of a reply that are kept (RFC 9111 §3.1), and the pieces that a hit puts around them. Left out: what is about one
 * connection, what Connection names, what belongs to a proxy, Age and Content-Length (a hit writes them anew), trailers' announcement,
 * our tags, and names that the caller gives. One pass, a line looked at once.
 */
import { isLineOf, lineAfter, lineName, TextFields, trimmed } from './fields.ts';

/** More tags than this on one reply are left out. */
export const TAGS_MAX = 128;
/** Longer tags are left out, in characters. */
export const TAG_LENGTH_MAX = 256;

const SURROGATE_KEY = 'surrogate-key';
const CACHE_TAG = 'cache-tag';

/** RFC 9110 §7.6.1, RFC 9111 §3.1, and what is written anew. */
const NOT_STORED: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'age',
  'content-length',
  SURROGATE_KEY,
  CACHE_TAG,
]);

/** What is kept of a head. */
export interface StoredHead {
  /** Lines `Name: value\r\n`, names as received. */
  readonly head: string;
  /** From Surrogate-Key (between blanks) and Cache-Tag (between commas), each once. */
  readonly tags: readonly string[];
}

/**
 * Makes the stored head of a reply.
 * @param text Its field lines as received.
 * @param omit Further names to leave out, lower case (`Storability.omit`).
 * @param date A Date for a reply that has none (RFC 9110 §6.6.1), as IMF-fixdate; null to add none.
 */
export function storedHead(text: string, omit: readonly string[], date: string | null): StoredHead {
  const fields = new TextFields(text);
  const nominated = names(fields.get('connection'));
  let head = '';
  for (let at = 0; at < text.length;) {
    const next = lineAfter(text, at);
    const name = lineName(text, at);
    if (name !== '' && !NOT_STORED.has(name) && !nominated.includes(name) && !omit.includes(name)) head += line(text, at, next);
    at = next;
  }
  if (date !== null && fields.get('date') === null) head += `Date: ${date}\r\n`;
  return { head, tags: tagsOf(fields) };
}

/** A line as it was; the last one gets the end that it may lack. */
function line(text: string, at: number, next: number): string {
  return text.startsWith('\n', next - 1) ? text.slice(at, next) : `${text.slice(at, next)}\r\n`;
}

/** A list of names in lower case. */
function names(list: string | null): readonly string[] {
  return list === null ? [] : list.split(',').map((name) => name.trim().toLowerCase());
}

function tagsOf(fields: TextFields): readonly string[] {
  const tags = new Set<string>();
  addTags(tags, fields.get(SURROGATE_KEY), /[ \t,]+/);
  addTags(tags, fields.get(CACHE_TAG), /,/);
  return [...tags];
}

function addTags(tags: Set<string>, value: string | null, separator: RegExp): void {
  if (value === null) return;
  for (const part of value.split(separator)) {
    const tag = trimmed(part, 0, part.length);
    if (tag !== '' && tag.length <= TAG_LENGTH_MAX && tags.size < TAGS_MAX) tags.add(tag);
  }
}

/** The Age of a hit (RFC 9111 §5.1), rounded down, at most 2^31. */
export function ageLine(ageMs: number): string {
  return `Age: ${Math.min(2_147_483_648, Math.floor(ageMs / 1000))}\r\n`;
}

/** Describe the content that a 304 does not have. Last-Modified stays where it is the only validator. */
const CONTENT_FIELDS: readonly string[] = [
  'content-type',
  'content-encoding',
  'content-language',
  'content-range',
  'content-md5',
  'content-digest',
  'repr-digest',
];

/** The lines of a stored head that go with a 304 to a client (RFC 9110 §15.4.5). */
export function headOfNotModified(head: string): string {
  const isTagged = new TextFields(head).get('etag') !== null;
  return withoutFields(head, isTagged ? [...CONTENT_FIELDS, 'last-modified'] : CONTENT_FIELDS);
}

/** A head without the lines of some fields (lower case). */
export function withoutFields(head: string, omitted: readonly string[]): string {
  let kept = '';
  for (let at = 0; at < head.length;) {
    const next = lineAfter(head, at);
    if (!isLineOfAny(head, at, omitted)) kept += head.slice(at, next);
    at = next;
  }
  return kept;
}

function isLineOfAny(head: string, at: number, omitted: readonly string[]): boolean {
  for (const name of omitted) if (isLineOf(head, at, name)) return true;
  return false;
}
