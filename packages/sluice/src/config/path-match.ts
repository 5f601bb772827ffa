/**
 * A route's path as people write it: `/users` is exact, `/api/*` is a prefix, a segment `:id` makes a pattern. Paths are compared with the canonical form of
 * the request's path, so one that is not canonical itself is refused, with the canonical spelling as the hint.
 */
import { normalizePath } from '../core/routing/path.ts';
import type { PathMatch } from './plan.ts';

/** The match, or what is wrong and what was probably meant. */
export type ParsedPathMatch =
  | { readonly ok: true; readonly match: PathMatch }
  | { readonly ok: false; readonly problem: string; readonly hint: string | null };

const PARAMETER = /^:[A-Za-z_][A-Za-z0-9_]*$/;
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
  return parsePattern(path, fixed);
}

/** Names of the parameters in a pattern, without the colon. */
export function patternParameters(pattern: string): string[] {
  return pattern
    .split('/')
    .filter((segment) => segment.startsWith(':'))
    .map((segment) => segment.slice(1));
}

function canonicalPath(path: string): string | null {
  const ascii = path.replace(/[^\0-\x7f]+/gu, (text) => encodeText(text));
  return normalizePath(ascii, LENIENT);
}

/** Lone surrogates cannot be encoded; such a path is refused later because it stays as it is. */
function encodeText(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : text;
}

function parsePattern(path: string, fixed: string): ParsedPathMatch {
  const segments = fixed.split('/').filter((segment) => segment.startsWith(':'));
  const bad = segments.find((segment) => !PARAMETER.test(segment));
  if (bad !== undefined)
    return fault(`has a parameter ${JSON.stringify(bad)} that is not a name`, "use { exact: … } where ':' stands for itself");
  if (new Set(segments).size !== segments.length) return fault('has the same parameter twice', null);
  if (segments.includes(':rest') && path.endsWith('/*'))
    return fault("has a parameter ':rest', which is what '*' is called in rewrites", null);
  return { ok: true, match: { kind: 'pattern', pattern: path } };
}

function fault(problem: string, hint: string | null): ParsedPathMatch {
  return { ok: false, problem, hint };
}
