/**
 * A Dictionary of Structured Fields (RFC 9651 §4.2.2) as far as cache directives need one: keys, and bare items with their type;
 * parameters and inner lists are checked and left out. All or nothing: one mistake and there is no dictionary, as the specification
 * wants. A repeated key overwrites the earlier one. Linear; at most `MEMBERS_MAX` members.
 */

/** A member's value; `'other'` for types that no cache directive has (decimals, dates, bytes, inner lists). */
export type MemberValue =
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'other' };

/** Members of a dictionary; the specification asks for room for 1,024. */
export const MEMBERS_MAX = 1024;

/**
 * Reads a dictionary. Never throws.
 * @returns Members by key, or null when the text is not one.
 */
export function parseDictionary(text: string): Map<string, MemberValue> | null {
  const reader = new Reader(text);
  return reader.readDictionary();
}

const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const NUMBER = /-?(\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])/y;
const TEXT = /"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y;
const TOKEN = /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y;
const BYTES = /:[A-Za-z0-9+/]*={0,2}:/y;
const BOOLEAN = /\?[01]/y;
const DATE = /@-?\d{1,15}(?![\d.])/y;
const DISPLAY = /%"(?:[\x20\x21\x23\x24\x26-\x7e]|%[0-9a-f]{2})*"/y;
const OWS = /[ \t]*/y;
const SPACES = / */y;

const TRUE: MemberValue = { kind: 'boolean', value: true };
const OTHER: MemberValue = { kind: 'other' };

/** A cursor over the text; each pattern is tried where it stands. Replies are stored far less often than they are served: not a hot path. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readDictionary(): Map<string, MemberValue> | null {
    const members = new Map<string, MemberValue>();
    this.#take(SPACES);
    while (this.#at < this.#text.length) {
      const key = this.#take(KEY);
      if (key === null || members.size === MEMBERS_MAX) return null;
      const value = this.#takeCharacter('=') ? this.#readItemOrList() : TRUE;
      if (value === null || !this.#skipParameters()) return null;
      members.set(key, value);
      this.#take(OWS);
      if (this.#at === this.#text.length) return members;
      if (!this.#takeCharacter(',')) return null;
      this.#take(OWS);
      if (this.#at === this.#text.length) return null;
    }
    return members;
  }

  #readItemOrList(): MemberValue | null {
    if (!this.#takeCharacter('(')) return this.#readItem();
    for (;;) {
      this.#take(SPACES);
      if (this.#takeCharacter(')')) return OTHER;
      if (this.#readItem() === null || !this.#skipParameters()) return null;
      const next = this.#text[this.#at];
      if (next !== ' ' && next !== ')') return null;
    }
  }

  #readItem(): MemberValue | null {
    const digits = this.#take(NUMBER);
    if (digits !== null) return digits.includes('.') ? OTHER : { kind: 'integer', value: Number(digits) };
    const quoted = this.#take(TEXT);
    if (quoted !== null) return { kind: 'text', value: quoted.slice(1, -1).replaceAll(/\\(.)/g, '$1') };
    const token = this.#take(TOKEN);
    if (token !== null) return { kind: 'text', value: token };
    const flag = this.#take(BOOLEAN);
    if (flag !== null) return { kind: 'boolean', value: flag === '?1' };
    return (this.#take(BYTES) ?? this.#take(DATE) ?? this.#take(DISPLAY)) === null ? null : OTHER;
  }

  #skipParameters(): boolean {
    while (this.#takeCharacter(';')) {
      this.#take(SPACES);
      if (this.#take(KEY) === null) return false;
      if (this.#takeCharacter('=') && this.#readItem() === null) return false;
    }
    return true;
  }

  #takeCharacter(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return null;
    this.#at = pattern.lastIndex;
    return match[0];
  }
}
