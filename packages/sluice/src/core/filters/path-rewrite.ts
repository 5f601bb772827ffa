/** Rewrites paths. Whatever the steps make of one is brought into the canonical form again, so that nothing a client sends escapes from where a rule leads it. */
import { normalizePath } from '../routing/path.ts';

export interface RewriteRules {
  readonly stripPrefixes: readonly string[];
  readonly replacePath: string | null;
  readonly addPrefix: string;
}

const CANONICAL = { mergeSlashes: false, encodedSlashes: 'keep' } as const;

/** The prefix that the path has, at a slash; empty: none. */
export function prefixOf(path: string, prefixes: readonly string[]): string {
  for (const prefix of prefixes) {
    if (!path.startsWith(prefix)) continue;
    if (path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f) return prefix;
  }
  return '';
}

/**
 * The new path.
 * @param prefix From `prefixOf`.
 * @param replace Of the expression; null: there is none.
 * @returns Null where it would be no path: the request is refused.
 */
export function rewritePath(
  path: string,
  prefix: string,
  rules: RewriteRules,
  replace: ((text: string) => string | null) | null,
): string | null {
  let made = prefix === '' ? path : path.slice(prefix.length);
  if (!made.startsWith('/')) made = `/${made}`;
  if (replace !== null) made = replace(made) ?? made;
  if (rules.replacePath !== null) made = rules.replacePath;
  if (rules.addPrefix !== '') made = rules.addPrefix + made;
  if (made.startsWith('//') && !path.startsWith('//')) made = `/${made.replace(/^\/+/, '')}`; // an origin could take what follows for a host
  return normalizePath(made, CANONICAL);
}
