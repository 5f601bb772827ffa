/**
 * Request values in one spelling, so that clients that ask for the same share a stored reply (RFC 9111 §4.1: whitespace, combined lines, and
 * what the semantics of a field allow). Accept-Encoding becomes the set of codings that is acceptable, in a fixed order: weights only
 * rank what is acceptable anyhow. Accept-Language becomes its ranges in lower case, heaviest first. Linear; lists longer than `ITEMS_MAX`
 * keep their spelling.
 */
import { trimmed } from './fields.ts';
import { elementEnd, looseQuote } from './quoted-list.ts';

const ITEMS_MAX = 32;

/** Codings that a reply may be stored in, in the order of the key. */
const CODINGS = ['br', 'zstd', 'gzip', 'identity'] as const;

/** A list in one spelling: no blanks around commas, no empty elements. Quoted strings stay as they are. */
export function normalList(value: string): string {
  if (!value.includes(',')) return value;
  let text = '';
  const loose = looseQuote(value);
  for (let at = 0; at < value.length;) {
    const end = elementEnd(value, at, loose);
    const element = trimmed(value, at, end);
    if (element !== '') text += text === '' ? element : `,${element}`;
    at = end + 1;
  }
  return text;
}

/**
 * The codings of ours that an Accept-Encoding takes (RFC 9110 §12.5.3), such as `br,gzip,identity`; empty when none.
 * What is sent upstream in its place may be this text.
 */
export function normalEncodings(value: string): string {
  const weights = [-1, -1, -1, -1];
  let rest = -1;
  const loose = looseQuote(value);
  for (let at = 0; at < value.length;) {
    const end = elementEnd(value, at, loose);
    const item = weighted(value, at, end);
    at = end + 1;
    if (item.name === '*') rest = item.weight;
    const index = (CODINGS as readonly string[]).indexOf(item.name === 'x-gzip' ? 'gzip' : item.name);
    if (index >= 0) weights[index] = item.weight;
  }
  let text = '';
  for (let index = 0; index < CODINGS.length; index++) {
    // identity needs no mention, but is refused by `*;q=0`.
    const unnamed = rest >= 0 ? rest : index === 3 ? 1 : 0;
    const weight = weights[index]! >= 0 ? weights[index]! : unnamed;
    if (weight > 0) text += text === '' ? CODINGS[index]! : `,${CODINGS[index]!}`;
  }
  return text;
}

/** An Accept-Language by weight, then by name (RFC 9110 §12.5.4: the order of ranges of one weight means nothing). */
export function normalLanguages(value: string): string {
  const items: Weighted[] = [];
  const loose = looseQuote(value);
  for (let at = 0; at < value.length;) {
    const end = elementEnd(value, at, loose);
    const item = weighted(value, at, end);
    at = end + 1;
    if (item.name === '') continue;
    if (items.length === ITEMS_MAX) return normalList(value);
    items.push(item);
  }
  items.sort((left, right) => right.weight - left.weight || (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));
  let text = '';
  for (const { name, weight } of items) {
    const item = weight === 1000 ? name : `${name};q=${weight}`;
    text += text === '' ? item : `,${item}`;
  }
  return text;
}

interface Weighted {
  /** Lower case. */
  readonly name: string;
  /** Thousandths. */
  readonly weight: number;
}

/** `name;q=0.5`. A weight that cannot be read makes the name part of its own spelling, so that nothing is guessed. */
function weighted(text: string, start: number, end: number): Weighted {
  const semicolon = text.indexOf(';', start);
  if (semicolon < 0 || semicolon >= end) return { name: trimmed(text, start, end).toLowerCase(), weight: 1000 };
  const weight = qvalue(trimmed(text, semicolon + 1, end).toLowerCase());
  if (weight < 0) return { name: trimmed(text, start, end).toLowerCase(), weight: 1000 };
  return { name: trimmed(text, start, semicolon).toLowerCase(), weight };
}

/** `q=0.123` in thousandths (RFC 9110 §12.4.2), or -1. */
function qvalue(text: string): number {
  if (!text.startsWith('q=') || text.length < 3 || text.length > 7) return -1;
  const first = text.charCodeAt(2) - 0x30;
  if ((first !== 0 && first !== 1) || (text.length > 3 && text[3] !== '.')) return -1;
  let thousandths = 0;
  for (let index = 4; index < 7; index++) {
    const digit = index < text.length ? text.charCodeAt(index) - 0x30 : 0;
    if (digit < 0 || digit > 9) return -1;
    thousandths = thousandths * 10 + digit;
  }
  const weight = first * 1000 + thousandths;
  return weight > 1000 ? -1 : weight;
}
