/**
 * Vary (RFC 9110 §12.5.5, RFC 9111 §4.1): which request fields chose the reply, and the text that two requests share when they would
 * have been given the same one. `Vary: *`, a list that is no list of names, and more than `VARY_NAMES_MAX` names never match.
 * A part of the key is `name=length:value;`, or `name;` where the field is absent, so that no two lists of values make the same text.
 */
import { CLASS, TOKEN } from '../../http1/characters.ts';
import { type Fields, trimmed } from './fields.ts';
import { normalEncodings, normalLanguages, normalList } from './negotiation.ts';
import { ValueMemo } from './value-memo.ts';

/** More fields than this in one Vary make a reply that is never matched. */
export const VARY_NAMES_MAX = 16;

const NONE: readonly string[] = [];

const encodings = new ValueMemo(normalEncodings);
const languages = new ValueMemo(normalLanguages);

/**
 * The names in a Vary.
 * @param value Repeated lines joined; null when there is none.
 * @returns Lower case, sorted, each once; `'*'` when no request matches.
 */
export function varyNames(value: string | null): readonly string[] | '*' {
  if (value === null || value === '') return NONE;
  const names: string[] = [];
  for (let at = 0; at < value.length;) {
    let end = value.indexOf(',', at);
    if (end < 0) end = value.length;
    const name = trimmed(value, at, end).toLowerCase();
    at = end + 1;
    if (name === '' || names.includes(name)) continue;
    if (name === '*' || names.length === VARY_NAMES_MAX || !isToken(name)) return '*';
    names.push(name);
  }
  return names.sort();
}

/** RFC 9110 §5.6.2. */
function isToken(name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    if (code > 255 || (CLASS[code]! & TOKEN) === 0) return false;
  }
  return true;
}

/**
 * The text that stands for the values of the selecting fields in a request. Values that mean the same give the same text: Accept-Encoding
 * is the set of codings we know, Accept-Language its languages by weight, anything else a list without needless blanks.
 * @param names From `varyNames`.
 */
export function variantKey(names: readonly string[], request: Fields): string {
  let key = '';
  for (const name of names) {
    const value = request.get(name);
    if (value === null) {
      key += `${name};`;
      continue;
    }
    const normal = normalValue(name, value);
    key += `${name}=${normal.length}:${normal};`;
  }
  return key;
}

function normalValue(name: string, value: string): string {
  if (name === 'accept-encoding') return encodings.get(value);
  if (name === 'accept-language') return languages.get(value);
  return normalList(value);
}

/**
 * True when a reply's content coding is one that `variantKey` tells apart. Where a reply varies by Accept-Encoding and has another coding
 * (`deflate`), clients that do not take it would share its key: such a reply is not stored.
 */
export function isKeyedCoding(names: readonly string[], contentEncoding: string | null): boolean {
  if (contentEncoding === null || !names.includes('accept-encoding')) return true;
  const coding = contentEncoding.toLowerCase();
  return coding === 'gzip' || coding === 'x-gzip' || coding === 'br' || coding === 'zstd' || coding === 'identity';
}
