/**
 * A route's path as people write it: `/users` is exact, `/api/*` is a prefix, a segment `:id` makes a pattern. Paths are compared with the canonical form of
 * the request's path, so one that is not canonical itself is refused, with the canonical spelling as the hint.
 */
import { normalizePath } from '../core/routing/path.ts';
import { parsePattern } from '../core/routing/pattern.ts';
import type { PathMatch } from './plan.ts';

/** The match, or what is wrong and what was probably meant. */
export type ParsedPathMatch =
  | { readonly ok: true; readonly match: PathMatch }
  | { readonly ok: false; readonly problem: string; readonly hint: string | null };

const LENIENT = { mergeSlashes: false, encodedSlashes: 'keep' } as const;

/**
 * Parses a path.
 * @param exact Takes `:` and `*` as they stand.
 */
export function parsePathMatch(path: string, exact = false): ParsedPathMatch {
  if (!path.startsWith('/')) return fault("does not start with '/'", path === '*' ? "write '/*'" : `write '/${path}'`);
  const isPrefix = !exact && path.endsWith('/*');
  const fixed = isPrefix ? path.slice(0, -2) : path;
  if (!exact && fixed.includes('*')) return fault("has '*' elsewhere than as the last segment", 'use { regex: … } for more');
  const canonical = fixed === '' ? '' : canonicalPath(fixed);
  if (canonical === null)
    return fault('can never match: no request has such a path', 'write it percent-encoded, without dot segments and query');
  if (canonical !== fixed) return fault('can never match: paths are normalised first', `write '${canonical}${isPrefix ? '/*' : ''}'`);
  if (exact || !fixed.includes('/:')) return { ok: true, match: isPrefix ? { kind: 'prefix', path: fixed } : { kind: 'exact', path } };
  return patternMatch(path);
}

/** Names of the parameters in a pattern; none when it is not one. */
export function patternParameters(path: string): readonly string[] {
  const parsed = path.includes('/:') ? parsePattern(path) : null;
  return parsed === null || typeof parsed === 'string' ? [] : parsed.names;
}

function canonicalPath(path: string): string | null {
  const ascii = path.replace(/[^\0-\x7f]+/gu, (text) => encodeText(text));
  return normalizePath(ascii, LENIENT);
}

/** Lone surrogates cannot be encoded; such a path is refused later because it stays as it is. */
function encodeText(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : text;
}

function patternMatch(path: string): ParsedPathMatch {
  const parsed = parsePattern(path);
  if (typeof parsed !== 'string') return { ok: true, match: { kind: 'pattern', pattern: path } };
  return fault(`is refused: ${parsed}`, "{ exact: … } takes ':' as it stands");
}

function fault(problem: string, hint: string | null): ParsedPathMatch {
  return { ok: false, problem, hint };
}
