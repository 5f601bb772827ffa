/**
 * Templates of redirects (`https://{host}/new/{id}{query}`) and path rewrites (`/v2/{rest}`), compiled once. Values come from clients, so
 * each is made harmless for the place where it stands: in a query `&=+;#` are encoded; in an authority only a host's characters
 * pass; a path never begins with `//` unless the template does (`//evil.example` in a Location is another site); nothing but visible
 * ASCII leaves, so no header can be split (RFC 9110 §5.5). A location must say itself which scheme and host it leads to.
 */
import { normalizePath, type PathOptions } from './path.ts';

/** `location` is a URI reference; `path` is a path alone, without query. */
export type TemplateKind = 'location' | 'path';

/** What a template may draw on; the router's last match and the request. */
export interface TemplateValues {
  /** Canonical. */
  readonly path: string;
  /** Without its `?`; null when there is none. */
  readonly query: string | null;
  /** Canonical, without port. */
  readonly host: string;
  /** What `*` took, without its leading slash. */
  readonly rest: string;
  /** Pattern parameters in the order of their names. */
  readonly params: readonly string[];
}

type Place = 'path' | 'query' | 'authority';

/** A literal, or a value: an index into the parameters or one of the four names. */
type Part = { readonly literal: string } | { readonly value: number | 'path' | 'query' | 'host' | 'rest'; readonly place: Place };

const CANONICAL: PathOptions = { mergeSlashes: false, encodedSlashes: 'keep' };

/** A compiled template. */
export class Template {
  readonly #kind: TemplateKind;
  readonly #parts: readonly Part[];
  /** The template itself says `//`. */
  readonly #isProtocolRelative: boolean;

  constructor(kind: TemplateKind, parts: readonly Part[]) {
    this.#kind = kind;
    this.#parts = parts;
    const first = parts[0];
    this.#isProtocolRelative = first !== undefined && 'literal' in first && first.literal.startsWith('//');
  }

  /** The text with its values, or null when a value does not belong where it stands: answer 500. */
  expand(values: TemplateValues): string | null {
    let text = '';
    for (const part of this.#parts) {
      const piece = 'literal' in part ? part.literal : fill(part.value, part.place, values);
      if (piece === null) return null;
      text += piece;
    }
    if (!this.#isProtocolRelative && text.startsWith('//')) text = `/${withoutLeadingSlashes(text)}`;
    if (this.#kind === 'path') return normalizePath(text, CANONICAL);
    return isVisible(text) ? text : null;
  }
}

/**
 * Compiles a template.
 * @param names Parameters of the route's pattern, in order.
 * @returns The template, or what is wrong with it, in words for the person who wrote it.
 */
export function compileTemplate(text: string, kind: TemplateKind, names: readonly string[]): Template | string {
  const parts: Part[] = [];
  // Literals as they are, values as `x`: enough to tell where the next value stands.
  let outline = '';
  for (const piece of text.split(/(\{[^{}]*\})/)) {
    if (piece === '') continue;
    if (piece.startsWith('{') && piece.endsWith('}')) {
      const part = compileValue(piece.slice(1, -1), kind, names, placeAfter(outline));
      if (typeof part === 'string') return `${kind} template "${text}": ${part}`;
      parts.push(part);
      outline += piece === '{query}' ? '?x' : piece === '{path}' ? '/x' : 'x';
      continue;
    }
    const literal = encodeLiteral(piece);
    if (literal === null) return `${kind} template "${text}": "${printable(piece)}" holds a control character or an unpaired brace`;
    parts.push({ literal });
    outline += literal;
  }
  const fault = kind === 'path' ? pathFault(outline) : (locationFault(text) ?? authorityFault(parts));
  return fault === null ? new Template(kind, parts) : `${kind} template "${text}" ${fault}`;
}

function compileValue(name: string, kind: TemplateKind, names: readonly string[], place: Place): Part | string {
  const index = names.indexOf(name);
  if (index >= 0) return { value: index, place };
  // A path brings its own slash, which ends an authority.
  if (name === 'path') return { value: name, place: place === 'authority' ? 'path' : place };
  if (name === 'rest') return { value: name, place };
  if (kind === 'location' && (name === 'query' || name === 'host')) return { value: name, place };
  const known = [...names, 'path', 'rest', ...(kind === 'location' ? ['query', 'host'] : [])];
  return `{${name}} is not known here; there are ${known.map((one) => `{${one}}`).join(', ')}`;
}

function placeAfter(outline: string): Place {
  if (/[?#]/.test(outline)) return 'query';
  return /^([a-z][a-z0-9+.-]*:)?\/\/[^/]*$/i.test(outline) ? 'authority' : 'path';
}

function pathFault(outline: string): string | null {
  if (!outline.startsWith('/')) return 'must start with "/" or {path}';
  if (/[?#]/.test(outline)) return 'must be a path alone: the query is kept as it is';
  return normalizePath(outline, CANONICAL) === null ? 'is not a valid path' : null;
}

/** `{rest}` at the start could be `javascript:…` or `https://…`: the template fixes scheme and place. */
function locationFault(text: string): string | null {
  return /^(\/|\{path\}|https?:\/\/[^/?#])/i.test(text) ? null : 'must start with "/", {path}, "http://" or "https://"';
}

/** `https://example.com{rest}` would let a client append `.evil.example`. */
function authorityFault(parts: readonly Part[]): string | null {
  for (const [index, part] of parts.entries()) {
    if ('literal' in part || part.place !== 'authority' || part.value === 'host') continue;
    const next = parts[index + 1];
    if (next === undefined || !('literal' in next) || !next.literal.startsWith('.')) {
      return 'has a value in the host part that no "." follows: write "/" before it, or the domain after it';
    }
  }
  return null;
}

/** The value, fit for its place; null when it cannot stand there. */
function fill(value: number | 'path' | 'query' | 'host' | 'rest', place: Place, values: TemplateValues): string | null {
  if (value === 'query') return fillQuery(values.query, place);
  const text = typeof value === 'number' ? (values.params[value] ?? null) : values[value];
  // Asterisk-form has no path; the nearest is the root.
  if (value === 'path' && text === '*') return '/';
  if (text === null || place === 'path') return text;
  if (place === 'query') return text.replaceAll(/[&=+;#]/g, encodeCharacter);
  return value === 'host' || /^[A-Za-z0-9._~-]+$/.test(text) ? text : null;
}

/** Brings its own `?`, or `&` where the template has a query already. */
function fillQuery(query: string | null, place: Place): string | null {
  if (place === 'authority') return null;
  if (query === null || (place === 'query' && query === '')) return '';
  return (place === 'query' ? '&' : '?') + query.replaceAll(/["<>\\^`{|}#]/g, encodeCharacter);
}

function encodeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** Literal text as it may stand in a URI; null when it has controls, braces or half a surrogate pair. */
function encodeLiteral(text: string): string | null {
  // oxlint-disable-next-line no-control-regex -- controls are what is looked for
  if (/[\u0000-\u001f\u007f{}]/.test(text)) return null;
  try {
    return text.replaceAll(/[^\u0021-\u007e]+|["<>\\^`|]/gu, encodeURIComponent);
  } catch {
    return null;
  }
}

function withoutLeadingSlashes(text: string): string {
  let start = 0;
  while (text.charCodeAt(start) === 0x2f) start++;
  return text.slice(start);
}

function isVisible(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x21 || code > 0x7e) return false;
  }
  return true;
}

function printable(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
