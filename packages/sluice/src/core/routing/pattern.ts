/**
 * Path patterns: segments are literal or `:name`, and a trailing `/*` takes the rest, as in `/users/:id/files/*`. A parameter is one whole,
 * non-empty segment. Parsed once; matching walks the path by index and takes substrings only where a parameter stands.
 */
import { normalizePath, type PathOptions } from './path.ts';

/** A parsed pattern. */
export interface PathPattern {
  /** Literal text, or null for a parameter. */
  readonly segments: readonly (string | null)[];
  /** Parameter names in order of appearance. */
  readonly names: readonly string[];
  /** Ends with `/*`: matches the segments before it and everything under them. */
  readonly isOpen: boolean;
}

const LENIENT: PathOptions = { mergeSlashes: false, encodedSlashes: 'keep' };

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Parses a pattern.
 * @returns The pattern, or what is wrong with it, in words for the person who wrote it.
 */
export function parsePattern(text: string): PathPattern | string {
  if (!text.startsWith('/')) return `path pattern "${text}" must start with "/"`;
  const isOpen = text.endsWith('/*');
  const body = isOpen ? text.slice(0, -2) : text;
  const isCanonical = normalizePath(body, LENIENT) === body;
  const segments: (string | null)[] = [];
  const names: string[] = [];
  for (const part of body === '' ? [] : body.slice(1).split('/')) {
    if (!part.startsWith(':')) {
      const literal = isCanonical ? part : parseLiteral(part);
      if (literal === null) return `path pattern "${text}": segment "${part}" holds what no normalised path holds; write it as plain text`;
      if (part.includes('*')) return `path pattern "${text}": "*" may only stand alone, as the last segment`;
      segments.push(literal);
      continue;
    }
    const name = part.slice(1);
    if (!NAME.test(name)) return `path pattern "${text}": parameter ":${name}" must be letters, digits and "_", and not start with a digit`;
    if (isOpen && name === 'rest')
      return `path pattern "${text}": ":rest" is what templates call the part that "*" takes; choose another name`;
    if (names.includes(name)) return `path pattern "${text}": parameter ":${name}" stands twice; give each its own name`;
    names.push(name);
    segments.push(null);
  }
  return { segments, names, isOpen };
}

/** A segment as it stands in canonical paths, or null when it never does. */
function parseLiteral(part: string): string | null {
  const canonical = normalizePath(`/${part}`, LENIENT);
  return canonical === null || (canonical === '/' && part !== '') ? null : canonical.slice(1);
}

/**
 * Matches a canonical path.
 * @param values Filled with the parameters, percent-encoded as in the path; its length is set to their number.
 * @returns Where the rest begins (after its slash; the path's length when there is none), or -1 when the path does not match.
 */
export function matchPattern(pattern: PathPattern, path: string, values: string[]): number {
  values.length = 0;
  let position = 0;
  for (const segment of pattern.segments) {
    if (path.charCodeAt(position) !== 0x2f) return -1;
    position++;
    let end = path.indexOf('/', position);
    if (end < 0) end = path.length;
    if (segment === null) {
      if (end === position) return -1;
      values.push(path.slice(position, end));
    } else if (end - position !== segment.length || !path.startsWith(segment, position)) {
      return -1;
    }
    position = end;
  }
  if (position === path.length) return position;
  return pattern.isOpen ? position + 1 : -1;
}
