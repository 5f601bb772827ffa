/**
 * Splits a request-target into its four forms (RFC 9112 §3.2). Characters: RFC 3986 pchar, plus what browsers and common tools send raw.
 * A path may hold `"[]^`{|}` as well (`normalizePath` encodes them), a query everything visible except `#`; that is what nginx, HAProxy,
 * Envoy and Node accept, less `<`, `>`, `\` and `#` in paths. Percent escapes of the path are checked by `normalizePath`; a query is opaque.
 * An origin-form target costs one scan and its two substrings.
 */

export type TargetForm = 'origin' | 'absolute' | 'authority' | 'asterisk';

/** A request-target in parts. */
export interface Target {
  readonly form: TargetForm;
  /** What the target names, not yet checked (`normalizeHost` does that); it wins over Host (RFC 9112 §3.2.2). Null when it names none. */
  readonly authority: string | null;
  /** Starts with `/`; `*` in asterisk-form; empty in authority-form. */
  readonly path: string;
  /** Without its `?`; null when there is none (`/a?` and `/a` are not the same). */
  readonly query: string | null;
}

const QUESTION = 0x3f;
const SLASH = 0x2f;

const IN_PATH = 1;
const IN_QUERY = 2;

const ALLOWED = allowedCharacters();

function allowedCharacters(): Uint8Array {
  const allowed = new Uint8Array(128);
  for (let code = 0x21; code < 0x7f; code++) allowed[code] = IN_PATH | IN_QUERY;
  for (const character of '\\<>?') allowed[character.charCodeAt(0)] = IN_QUERY;
  allowed[0x23] = 0;
  return allowed;
}

/**
 * Splits and checks a request-target.
 * @param method As sent: CONNECT takes authority-form only, OPTIONS alone may ask for `*`.
 * @param target Non-empty, without spaces.
 * @returns The parts, or null when the request is to be refused with 400.
 */
export function parseTarget(method: string, target: string): Target | null {
  if (method === 'CONNECT') return parseAuthorityForm(target);
  if (target.charCodeAt(0) === SLASH) return parsePathAndQuery(target, 0, 'origin', null);
  if (target === '*') return method === 'OPTIONS' ? { form: 'asterisk', authority: null, path: '*', query: null } : null;
  return parseAbsoluteForm(method, target);
}

/** RFC 9112 §3.2.1. `start` is where the path begins. */
function parsePathAndQuery(target: string, start: number, form: TargetForm, authority: string | null): Target | null {
  let question = start;
  for (; question < target.length; question++) {
    const code = target.charCodeAt(question);
    if (code === QUESTION) break;
    if (code > 127 || (ALLOWED[code]! & IN_PATH) === 0) return null;
  }
  if (question === target.length) return { form, authority, path: start === 0 ? target : target.slice(start), query: null };
  for (let index = question + 1; index < target.length; index++) {
    const code = target.charCodeAt(index);
    if (code > 127 || (ALLOWED[code]! & IN_QUERY) === 0) return null;
  }
  const path = question === start ? '/' : target.slice(start, question);
  return { form, authority, path, query: target.slice(question + 1) };
}

/** RFC 9112 §3.2.2: `http://host[:port][/path][?query]`. Other schemes are no business of a gateway. */
function parseAbsoluteForm(method: string, target: string): Target | null {
  const start = schemeLength(target);
  if (start === 0) return null;
  let end = start;
  for (; end < target.length; end++) {
    const code = target.charCodeAt(end);
    if (code === SLASH || code === QUESTION) break;
    // RFC 9110 §4.2.4: userinfo in an http URI is an error.
    if (code === 0x40 || code === 0x23 || code === 0x5c) return null;
  }
  if (end === start) return null;
  const authority = target.slice(start, end);
  if (end < target.length) return parsePathAndQuery(target, end, 'absolute', authority);
  // RFC 9112 §3.2.4: OPTIONS for an empty path asks the server as a whole; otherwise an empty path is `/` (§3.2.1).
  if (method === 'OPTIONS') return { form: 'asterisk', authority, path: '*', query: null };
  return { form: 'absolute', authority, path: '/', query: null };
}

/** Characters of `http://` or `https://` at the start, whatever their case; 0 when there are none. */
function schemeLength(target: string): number {
  const scheme = target.slice(0, 8).toLowerCase();
  if (scheme === 'https://') return 8;
  return scheme.startsWith('http://') ? 7 : 0;
}

/** RFC 9112 §3.2.3: host and port, both needed, nothing else. */
function parseAuthorityForm(target: string): Target | null {
  const colon = target.lastIndexOf(':');
  if (colon <= 0 || colon === target.length - 1) return null;
  for (let index = 0; index < target.length; index++) {
    const code = target.charCodeAt(index);
    if (code <= 0x20 || code > 0x7e || code === SLASH || code === QUESTION || code === 0x23 || code === 0x40 || code === 0x5c) return null;
  }
  for (let index = colon + 1; index < target.length; index++) {
    const code = target.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return null;
  }
  return { form: 'authority', authority: target, path: '', query: null };
}
