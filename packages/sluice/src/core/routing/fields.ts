/**
 * Conditions on a header, a cookie or a query parameter, tested by scanning the raw text: no object is built, a value is cut out only
 * where its name fits. Linear in the text. Where a name stands more than once, one fitting value is enough. Query names and values are
 * compared decoded (`+` is a space, WHATWG URL §5.1); what cannot be decoded never matches, so a broken escape closes rather than opens.
 */
import type { CompileRegex, TextMatcher } from './regex.ts';

/** A verified certificate of the client. */
export interface RouteClient {
  readonly subject: string;
  readonly names: readonly string[];
  readonly fingerprint: string;
}

/** A condition of the configuration. */
export interface FieldCondition {
  /** Lower case for headers; exact for cookies and query parameters. */
  readonly name: string;
  readonly kind: 'present' | 'equal' | 'prefix' | 'regex';
  /** Empty for `present`. */
  readonly value: string;
}

/** A compiled condition. */
export interface FieldTest {
  readonly name: string;
  /** True when the value satisfies the condition. */
  readonly accepts: TextMatcher;
}

/**
 * Compiles a condition.
 * @throws what `compileRegex` throws.
 */
export function compileField(condition: FieldCondition, compileRegex: CompileRegex): FieldTest {
  return { name: condition.name, accepts: compileAccepts(condition, compileRegex) };
}

function compileAccepts({ kind, value }: FieldCondition, compileRegex: CompileRegex): TextMatcher {
  switch (kind) {
    case 'present':
      return () => true;
    case 'equal':
      return (text) => text === value;
    case 'prefix':
      return (text) => text.startsWith(value);
    case 'regex':
      return compileRegex(value);
  }
}

const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;

/** Tests a header's value; null is an absent header. */
export function headerSatisfies(value: string | null, test: FieldTest): boolean {
  return value !== null && test.accepts(value);
}

/**
 * Tests a `Cookie` field (RFC 6265 §4.2.1). Values are compared as they are sent, quotes included.
 * @param cookies The raw field value.
 */
export function cookieSatisfies(cookies: string, test: FieldTest): boolean {
  let start = 0;
  while (start < cookies.length) {
    let end = cookies.indexOf(';', start);
    if (end < 0) end = cookies.length;
    start = skipBlanks(cookies, start, end);
    const nameEnd = start + test.name.length;
    if (nameEnd < end && cookies.charCodeAt(nameEnd) === EQUALS && cookies.startsWith(test.name, start)) {
      if (test.accepts(cookies.slice(nameEnd + 1, trimBlanks(cookies, nameEnd + 1, end)))) return true;
    }
    start = end + 1;
  }
  return false;
}

function skipBlanks(text: string, start: number, end: number): number {
  let index = start;
  while (index < end && isBlank(text.charCodeAt(index))) index++;
  return index;
}

function trimBlanks(text: string, start: number, end: number): number {
  let index = end;
  while (index > start && isBlank(text.charCodeAt(index - 1))) index--;
  return index;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Tests a client's certificate; one of several names is enough. */
export function clientSatisfies(client: RouteClient | null, test: FieldTest): boolean {
  if (client === null) return false;
  switch (test.name) {
    case 'subject':
      return test.accepts(client.subject);
    case 'fingerprint':
      return test.accepts(client.fingerprint);
    case 'san':
      return client.names.some((name) => test.accepts(name));
    default:
      return false;
  }
}

/**
 * Tests a query string. A parameter without `=` has the empty value.
 * @param query Without its `?`.
 */
export function querySatisfies(query: string, test: FieldTest): boolean {
  let start = 0;
  while (start < query.length) {
    let end = query.indexOf('&', start);
    if (end < 0) end = query.length;
    let nameEnd = start;
    while (nameEnd < end && query.charCodeAt(nameEnd) !== EQUALS) nameEnd++;
    if (isNamed(query, start, nameEnd, test.name)) {
      const value = decodeQuery(query, nameEnd === end ? end : nameEnd + 1, end);
      if (value !== null && test.accepts(value)) return true;
    }
    start = end + 1;
  }
  return false;
}

function isNamed(query: string, start: number, end: number, name: string): boolean {
  if (end - start === name.length && query.startsWith(name, start)) return true;
  return isEscaped(query, start, end) && decodeQuery(query, start, end) === name;
}

function isEscaped(query: string, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const code = query.charCodeAt(index);
    if (code === PERCENT || code === PLUS) return true;
  }
  return false;
}

/** Decodes a name or value; null when its escapes are broken or not UTF-8. */
function decodeQuery(query: string, start: number, end: number): string | null {
  const raw = query.slice(start, end);
  if (!isEscaped(query, start, end)) return raw;
  try {
    return decodeURIComponent(raw.replaceAll('+', ' '));
  } catch {
    return null;
  }
}
