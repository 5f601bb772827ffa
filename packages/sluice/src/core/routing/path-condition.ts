/**
 * The compiled path condition of a route. Prefixes and patterns become one thing (segments, perhaps open at the end), and a pattern
 * without parameters becomes an exact path, so that the router has three kinds to look up. Literal text is brought into canonical form
 * here, so that a route written as `/%7Euser` matches the request for `/~user`.
 */
import type { PathCondition } from './matcher.ts';
import { normalizePath } from './path.ts';
import { matchPattern, parsePattern, type PathPattern } from './pattern.ts';
import { literalPrefix } from './regex-prefix.ts';
import type { CompileRegex, TextMatcher } from './regex.ts';

export type CompiledPath =
  | { readonly kind: 'exact'; readonly path: string }
  | { readonly kind: 'segments'; readonly pattern: PathPattern }
  | CompiledRegexPath;

export interface CompiledRegexPath {
  readonly kind: 'regex';
  readonly matches: TextMatcher;
  /** Every match begins with it. */
  readonly prefix: string;
}

const NO_NAMES: readonly string[] = [];

/**
 * Compiles a path condition.
 * @throws {Error} when the path or pattern cannot match anything, or what `compileRegex` throws.
 */
export function compilePath(condition: PathCondition, compileRegex: CompileRegex): CompiledPath {
  switch (condition.kind) {
    case 'exact':
      return { kind: 'exact', path: canonicalLiteral(condition.path) };
    case 'prefix':
      return { kind: 'segments', pattern: prefixPattern(condition.path) };
    case 'pattern':
      return compilePattern(condition.pattern);
    case 'regex':
      return { kind: 'regex', matches: compileRegex(condition.source), prefix: literalPrefix(condition.source) };
  }
}

/** Tests one path against one condition. An error of the engine is no match (fail closed). */
export function pathSatisfies(path: string, compiled: CompiledPath, values: string[]): boolean {
  switch (compiled.kind) {
    case 'exact':
      return path === compiled.path;
    case 'segments':
      return matchPattern(compiled.pattern, path, values) >= 0;
    case 'regex':
      return regexSatisfies(path, compiled.matches);
  }
}

/** As the matcher says; false when it fails. */
export function regexSatisfies(path: string, matches: TextMatcher): boolean {
  try {
    return matches(path);
  } catch {
    return false;
  }
}

function compilePattern(text: string): CompiledPath {
  const pattern = parsePattern(text);
  if (typeof pattern === 'string') throw new Error(pattern);
  if (pattern.isOpen || pattern.names.length > 0) return { kind: 'segments', pattern };
  return { kind: 'exact', path: `/${pattern.segments.join('/')}` };
}

function prefixPattern(prefix: string): PathPattern {
  const segments = prefix === '' ? [] : canonicalLiteral(prefix).slice(1).split('/');
  return { segments, names: NO_NAMES, isOpen: true };
}

function canonicalLiteral(path: string): string {
  const canonical = normalizePath(path, { mergeSlashes: false, encodedSlashes: 'keep' });
  if (canonical === null) throw new Error(`route path "${path}" never matches: write it as it stands in a request, without dot segments`);
  return canonical;
}
