/**
 * The primary key of a request (RFC 9111 §2): `scheme://host/path?query`, then a line for each keyed header and cookie. GET and HEAD
 * share it. No two requests that differ in a keyed part have the same key: URL parts hold no line ends and delimit each other as in RFC
 * 3986, keyed values stand behind their length, and absent is not empty.
 *
 * Against parameter cloaking, parameters are cut in exactly one way, at `&`. An origin that cuts at `;` as well would find more, so a
 * parameter with a `;` in it is never left out of the key. Names are compared with unreserved characters decoded and escapes in upper
 * case; what stands in the key is the parameter as sent, repeated ones in their order.
 */
import { type Fields, trimmed } from './fields.ts';

/** What of a request is in the key. */
export interface KeyOptions {
  /** `include` keys the named parameters only, `exclude` all others. A name that ends in `*` stands for all that begin so. */
  readonly query: { readonly kind: 'all' | 'none' } | { readonly kind: 'include' | 'exclude'; readonly names: readonly string[] };
  /** Orders parameters by name, so that their order in a request does not matter. */
  readonly isSorted: boolean;
  /** Request fields, lower case. */
  readonly headers: readonly string[];
  readonly cookies: readonly string[];
}

/** The whole query as it is, nothing else. */
export const DEFAULT_KEY: KeyOptions = { query: { kind: 'all' }, isSorted: false, headers: [], cookies: [] };

/** The parts of a URI, canonical: no control characters, no `?` in the path, no `/` in the host. */
export interface KeyParts {
  readonly scheme: string;
  /** With its port where that is not the scheme's own. */
  readonly host: string;
  readonly path: string;
  /** Without its `?`; null when there is none. */
  readonly query: string | null;
}

/** Makes keys by one set of options. */
export class KeyRule {
  readonly #options: KeyOptions;
  /** Names in the form that they are compared in. */
  readonly #names: ReadonlySet<string>;
  readonly #prefixes: readonly string[];
  readonly #isWholeQuery: boolean;

  constructor(options: KeyOptions = DEFAULT_KEY) {
    const names = 'names' in options.query ? options.query.names : [];
    this.#options = options;
    this.#names = new Set(names.filter((name) => !name.endsWith('*')).map(comparable));
    this.#prefixes = names.filter((name) => name.endsWith('*')).map((name) => comparable(name.slice(0, -1)));
    this.#isWholeQuery = options.query.kind === 'all' && !options.isSorted;
  }

  /** The key of a request. */
  key(parts: KeyParts, request: Fields): string {
    const { scheme, host, path, query } = parts;
    let key = `${scheme}://${host}${path}`;
    const keyed = query === null || this.#isWholeQuery ? query : this.#keyedQuery(query);
    if (keyed !== null) key += `?${keyed}`;
    for (const name of this.#options.headers) key += keyedValue('h', name, request.get(name));
    if (this.#options.cookies.length === 0) return key;
    const cookies = request.get('cookie');
    for (const name of this.#options.cookies) key += keyedValue('c', name, cookieValue(cookies, name));
    return key;
  }

  /** The parameters that are keyed; null when none is left. */
  #keyedQuery(query: string): string | null {
    const kept: string[] = [];
    for (let at = 0; at <= query.length;) {
      let end = query.indexOf('&', at);
      if (end < 0) end = query.length;
      const parameter = query.slice(at, end);
      if (this.#isKeyed(parameter)) kept.push(parameter);
      at = end + 1;
    }
    if (kept.length === 0) return null;
    if (this.#options.isSorted) kept.sort(byName);
    return kept.join('&');
  }

  #isKeyed(parameter: string): boolean {
    const { kind } = this.#options.query;
    if (kind === 'all') return true;
    if (kind === 'none') return false;
    if (parameter.includes(';')) return true;
    const name = comparable(nameOf(parameter));
    const isNamed = this.#names.has(name) || this.#prefixes.some((prefix) => name.startsWith(prefix));
    return isNamed === (kind === 'include');
  }
}

function nameOf(parameter: string): string {
  const equals = parameter.indexOf('=');
  return equals < 0 ? parameter : parameter.slice(0, equals);
}

/** By name as sent; the sort is stable, so that repeated parameters keep their order. */
function byName(left: string, right: string): number {
  const leftName = nameOf(left);
  const rightName = nameOf(right);
  return leftName < rightName ? -1 : leftName > rightName ? 1 : 0;
}

/** A name with unreserved characters decoded and other escapes in upper case (RFC 3986 §6.2.2). */
function comparable(name: string): string {
  if (!name.includes('%')) return name;
  return name.replaceAll(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
  });
}

/** A line of its own; without `=` where the value is absent. */
function keyedValue(kind: 'h' | 'c', name: string, value: string | null): string {
  return value === null ? `\n${kind}:${name}` : `\n${kind}:${name}=${value.length}:${value}`;
}

/** The value of a cookie as sent, the first where there are several (RFC 6265 §5.4: the most specific). */
function cookieValue(cookies: string | null, name: string): string | null {
  if (cookies === null) return null;
  for (let at = 0; at < cookies.length;) {
    let end = cookies.indexOf(';', at);
    if (end < 0) end = cookies.length;
    const equals = cookies.indexOf('=', at);
    if (equals >= 0 && equals < end && trimmed(cookies, at, equals) === name) return trimmed(cookies, equals + 1, end);
    at = end + 1;
  }
  return null;
}
