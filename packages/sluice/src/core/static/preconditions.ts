/**
 * Preconditions as an origin judges them (RFC 9110 §13.2.2): If-Match, else If-Unmodified-Since; then If-None-Match, else If-Modified-Since, which are the cache's, too (`caching/http/conditional.ts`).
 */
import { evaluateConditions, isForOrigin, type Selected } from '../caching/http/conditional.ts';
import { matchesStrongly } from '../caching/http/entity-tag.ts';
import type { Fields } from '../caching/http/fields.ts';
import { parseHttpDate } from '../caching/http/http-date.ts';

/** `failed`: 412. */
export type PreconditionResult = 'serve' | 'not-modified' | 'failed';

/** For GET and HEAD of a file. */
export function judgePreconditions(selected: Selected, request: Fields): PreconditionResult {
  if (!isForOrigin(request)) return asCache(selected, request);
  return holds(selected, request)
    ? asCache(selected, { get: (name) => (ORIGIN_ONLY.includes(name) ? null : request.get(name)) })
    : 'failed';
}

const ORIGIN_ONLY: readonly string[] = ['if-match', 'if-unmodified-since'];

function asCache(selected: Selected, request: Fields): PreconditionResult {
  return evaluateConditions(selected, request) === 'not-modified' ? 'not-modified' : 'serve';
}

function holds({ fields, receivedAt }: Selected, request: Fields): boolean {
  const tags = request.get('if-match');
  if (tags !== null) return tags === '*' || tags.split(',').some((tag) => matchesStrongly(tag.trim(), fields.get('etag') ?? ''));
  const asked = parseHttpDate(request.get('if-unmodified-since') ?? '', receivedAt);
  const modified = parseHttpDate(fields.get('last-modified') ?? '', receivedAt);
  return asked === null || modified === null || modified <= asked; // RFC 9110 §13.1.4: what is no date is ignored
}
