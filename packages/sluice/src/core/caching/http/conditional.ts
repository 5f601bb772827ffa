/**
 * Preconditions (RFC 9110 §13, RFC 9111 §4.3): those of clients against a stored reply, and those that we send for our own validation.
 * If-Match and If-Unmodified-Since are not for caches (RFC 9111 §4.3.2): such a request goes to the origin as it is.
 */
import type { Timestamp } from '../../../base/time.ts';
import { isWeakTag, listHasTag, matchesStrongly } from './entity-tag.ts';
import type { Fields } from './fields.ts';
import { parseHttpDate } from './http-date.ts';

/** The stored reply that was selected, as far as preconditions ask. */
export interface Selected {
  readonly status: number;
  readonly fields: Fields;
  readonly receivedAt: Timestamp;
}

/** `serve` the reply, answer `not-modified`, or `forward` the request with its conditions untouched. */
export type ConditionResult = 'serve' | 'not-modified' | 'forward';

/** Request fields that ask about a representation; none of them goes upstream when we fetch for the cache. Lower case. */
export const CONDITION_FIELDS: readonly string[] = [
  'if-none-match',
  'if-modified-since',
  'if-match',
  'if-unmodified-since',
  'if-range',
  'range',
];

/** True for a request that only the origin can judge. To be asked before anything is looked up. */
export function isForOrigin(request: Fields): boolean {
  return request.get('if-match') !== null || request.get('if-unmodified-since') !== null;
}

/**
 * Judges a client's conditions in the order of RFC 9110 §13.2.2, for GET and HEAD.
 * @param selected A reply that would be served now: fresh, or just validated.
 */
export function evaluateConditions(selected: Selected, request: Fields): ConditionResult {
  if (isForOrigin(request)) return 'forward';
  // RFC 9110 §13.2.1: conditions count only where the answer would be a success.
  if (selected.status < 200 || selected.status > 299) return 'serve';
  const tags = request.get('if-none-match');
  if (tags !== null) return listHasTag(tags, selected.fields.get('etag') ?? '') ? 'not-modified' : 'serve';
  const since = request.get('if-modified-since');
  if (since === null) return 'serve';
  const sinceMs = parseHttpDate(since, selected.receivedAt);
  // RFC 9110 §13.1.3: what is no date is ignored.
  return sinceMs !== null && modifiedAt(selected) <= sinceMs ? 'not-modified' : 'serve';
}

/** RFC 9111 §4.3.2: Last-Modified, else Date, else the time of arrival. */
function modifiedAt({ fields, receivedAt }: Selected): number {
  const text = fields.get('last-modified') ?? fields.get('date');
  const at = text === null ? null : parseHttpDate(text, receivedAt);
  return at ?? receivedAt;
}

/**
 * Whether If-Range lets Range count (RFC 9110 §13.1.5): a strong tag that equals ours, or exactly our Last-Modified where that is strong,
 * that is a second or more before our Date (§8.8.2.2). True without If-Range.
 */
export function allowsRange(selected: Selected, request: Fields): boolean {
  const condition = request.get('if-range');
  if (condition === null) return true;
  if (condition.startsWith('"') || isWeakTag(condition)) return matchesStrongly(condition, selected.fields.get('etag') ?? '');
  const asked = parseHttpDate(condition, selected.receivedAt);
  const modified = dateField(selected, 'last-modified');
  const date = dateField(selected, 'date');
  return asked !== null && asked === modified && date !== null && date - modified >= 1000;
}

function dateField({ fields, receivedAt }: Selected, name: string): number | null {
  const text = fields.get(name);
  return text === null ? null : parseHttpDate(text, receivedAt);
}

/**
 * Request lines that ask the origin whether a stored reply still holds (RFC 9111 §4.3.1); empty when it has no validator. They stand in
 * for whatever of CONDITION_FIELDS the client sent.
 * @param stored Fields of the stored head.
 */
export function validationLines(stored: Fields): string {
  const tag = stored.get('etag');
  const modified = stored.get('last-modified');
  const first = tag === null || tag === '' ? '' : `If-None-Match: ${tag}\r\n`;
  return modified === null || modified === '' ? first : `${first}If-Modified-Since: ${modified}\r\n`;
}
