/**
 * One text, many spellings: what rules look at is the text as the last of its readers will see it. `fold` undoes what parsers undo on the way (percent escapes again, HTML entities, escapes
 * of JavaScript, full-width letters, NUL, case); the others undo what SQL, paths, shells and browsers ignore. All are pure, linear and never make a text longer than it was, but for one
 * bounded exception: a numeric entity of a character outside the BMP. Each returns the same string where there is nothing to do.
 */
import { AMPERSAND, BACKSLASH, classesOf, CONTROL, NON_ASCII, NUL, PERCENT, SPACE, UPPER } from './character-classes.ts';
import { decodePercent } from './percent.ts';

/** Percent escapes are undone this often; what is wrapped more often is a fault of its own. */
const ROUNDS_MAX = 3;

/** What `fold` came upon; bits. */
export const WAS_ESCAPED_AGAIN = 1;
export const WAS_WIDE = 2;

/** Set by the last `fold`. */
export let folded = 0;

const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  colon: ':',
  tab: '\t',
  newline: '\n',
  nbsp: ' ',
  lpar: '(',
  rpar: ')',
  semi: ';',
  sol: '/',
  bsol: '\\',
  equals: '=',
  grave: '`',
  dollar: '$',
  lbrace: '{',
  lcub: '{',
  rcub: '}',
  period: '.',
  num: '#',
  vert: '|',
};

/** Lower case, decoded as often as anybody might. @param given Classes of the text. */
export function fold(text: string, given: number): string {
  folded = 0;
  let form = text;
  let classes = given;
  if ((classes & PERCENT) !== 0) {
    form = unescapeAgain(form);
    if (form !== text) classes |= classesOf(form);
  }
  if ((classes & AMPERSAND) !== 0) form = decodeEntities(form);
  if ((classes & BACKSLASH) !== 0) form = decodeEscapes(form);
  if ((classes & NON_ASCII) !== 0) form = narrow(form);
  if ((classes & (NUL | PERCENT | AMPERSAND | BACKSLASH)) !== 0 && form.includes('\0')) form = form.replaceAll('\0', '');
  return form !== text || (classes & (UPPER | NON_ASCII)) !== 0 ? form.toLowerCase() : form;
}

function unescapeAgain(text: string): string {
  let form = text;
  for (let round = 0; round < ROUNDS_MAX && form.includes('%'); round++) {
    const next = decodePercent(form, 0, form.length, false);
    if (next === form) break;
    folded |= WAS_ESCAPED_AGAIN;
    form = next;
  }
  return form;
}

/** `&lt;`, `&#60;`, `&#x3c` with or without its semicolon. */
export function decodeEntities(text: string): string {
  let form = '';
  let copied = 0;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) {
    let end = at + 1;
    const isNumber = text.charCodeAt(end) === 0x23;
    while (end < text.length && end - at < 12 && isEntityCode(text.charCodeAt(end))) end++;
    const name = text.slice(at + 1, end).toLowerCase();
    const character = isNumber ? numeric(name) : ENTITIES[name];
    if (character === undefined) continue;
    form += text.slice(copied, at) + character;
    copied = text.charCodeAt(end) === 0x3b ? end + 1 : end;
    at = copied - 1;
  }
  return copied === 0 ? text : form + text.slice(copied);
}

function isEntityCode(code: number): boolean {
  return code === 0x23 || (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);
}

/** @param name `#60` or `#x3c`. */
function numeric(name: string): string | undefined {
  const value = name.charCodeAt(1) === 0x78 ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
  return value >= 0 && value <= 0x10_ff_ff ? String.fromCodePoint(value) : undefined;
}

/** `\x3c`, `\u003c`, `\u{3c}`, `\/`: as in a string of JavaScript. What is no such escape stays: a shell and a path have backslashes, too. */
export function decodeEscapes(text: string): string {
  let form = '';
  let copied = 0;
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at + 1)) {
    const kind = text.charCodeAt(at + 1) | 0x20;
    let digits = kind === 0x78 ? 2 : kind === 0x75 ? 4 : 0;
    let from = at + 2;
    if (digits === 4 && text.charCodeAt(from) === 0x7b) {
      const close = text.indexOf('}', from);
      if (close < 0 || close - from > 7) continue;
      digits = close - from - 1;
      from++;
    }
    if (digits === 0 || from + digits > text.length) continue;
    const value = hexValue(text, from, from + digits);
    if (value < 0 || value > 0xffff) continue;
    form += text.slice(copied, at) + String.fromCharCode(value);
    copied = from + digits;
    if (from > at + 2) copied++;
    at = copied - 1;
  }
  return copied === 0 ? text : form + text.slice(copied);
}

function hexValue(text: string, start: number, end: number): number {
  let value = 0;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    const lower = code | 0x20;
    if (code >= 0x30 && code <= 0x39) value = value * 16 + code - 0x30;
    else if (lower >= 0x61 && lower <= 0x66) value = value * 16 + lower - 0x57;
    else return -1;
  }
  return value;
}

/** Full-width forms (U+FF01..FF5E) are what databases with best-fit mappings make ASCII of; so are typographic quotes and the signs above and below. */
function narrow(text: string): string {
  let form = '';
  let copied = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) continue;
    let plain = -1;
    if (code >= 0xff01 && code <= 0xff5e) plain = code - 0xfee0;
    else if (code === 0x3000 || code === 0xa0 || (code >= 0x2000 && code <= 0x200a)) plain = 0x20;
    else if (code === 0x2028 || code === 0x2029) plain = 0x0a;
    if (plain < 0) continue;
    if (isWideSign(code)) folded |= WAS_WIDE;
    form += text.slice(copied, index) + String.fromCharCode(plain);
    copied = index + 1;
  }
  return copied === 0 ? text : form + text.slice(copied);
}

/** Letters, quotes, angle brackets; other full-width signs are the punctuation of Chinese and Japanese. */
function isWideSign(code: number): boolean {
  return (
    (code >= 0xff21 && code <= 0xff3a) ||
    (code >= 0xff41 && code <= 0xff5a) ||
    code === 0xff02 ||
    code === 0xff07 ||
    code === 0xff1c ||
    code === 0xff1e
  );
}

/** Runs of spaces and control characters are one space. @param classes Of the text. */
export function squeeze(text: string, classes: number): string {
  if ((classes & CONTROL) === 0 && !text.includes('  ')) return text;
  let form = '';
  let copied = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x20) continue;
    const start = index;
    while (index + 1 < text.length && text.charCodeAt(index + 1) <= 0x20) index++;
    if (code === 0x20 && index === start) continue;
    form += `${text.slice(copied, start)} `;
    copied = index + 1;
  }
  return copied === 0 ? text : form + text.slice(copied);
}

/** `/* … *\/` is a space; what stands in `/*!50000 … *\/` is run by MySQL and stays; one that does not end goes on to the end. */
export function dropSqlComments(text: string): string {
  let form = '';
  let copied = 0;
  for (let at = text.indexOf('/*'); at >= 0; at = text.indexOf('/*', copied)) {
    form += `${text.slice(copied, at)} `;
    let end: number;
    if (text.charCodeAt(at + 2) === 0x21) {
      end = at + 3;
      while (isDigit(text.charCodeAt(end))) end++;
      const close = text.indexOf('*/', end);
      const stop = close < 0 ? text.length : close;
      form += `${text.slice(end, stop)} `;
      end = stop;
    } else {
      const close = text.indexOf('*/', at + 2);
      end = close < 0 ? text.length : close;
    }
    copied = Math.min(end + 2, text.length);
  }
  return copied === 0 ? text : squeezeSpaces(form + text.slice(copied));
}

function squeezeSpaces(text: string): string {
  return text.includes('  ') ? squeeze(text, SPACE) : text;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** The only pair of slashes is a URL's, or there is none: most values with one are addresses, and need no form of their own. */
function isAddress(text: string, pair: number): boolean {
  return pair < 0 || (pair > 0 && text.charCodeAt(pair - 1) === 0x3a && !text.includes('//', pair + 2));
}

/** `\` is `/`; `//` and `/./` are `/`. */
export function plainPath(text: string): string {
  if (!text.includes('\\') && !text.includes('/./') && isAddress(text, text.indexOf('//'))) return text;
  let form = '';
  let copied = 0;
  for (let index = 0; index < text.length; index++) {
    if (!isSlash(text.charCodeAt(index))) continue;
    form += `${text.slice(copied, index)}/`;
    let next = index + 1;
    for (;;) {
      if (isSlash(text.charCodeAt(next))) next++;
      else if (text.charCodeAt(next) === 0x2e && isSlash(text.charCodeAt(next + 1))) next += 2;
      else break;
    }
    copied = next;
    index = next - 1;
  }
  return form + text.slice(copied);
}

function isSlash(code: number): boolean {
  return code === 0x2f || code === 0x5c;
}

/** What a shell drops within a word (`c'a't`, `c\at`, `c^at`, `w$@hoami`), and `$IFS` for a space. @param text Lower case. */
export function plainShell(text: string): string {
  let form = '';
  let copied = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    let length = 0;
    let put = '';
    if (code === 0x27 || code === 0x22 || code === 0x5c || code === 0x5e) length = 1;
    else if (code === 0x24) {
      const next = text.charCodeAt(index + 1);
      if (next === 0x40 || next === 0x2a || next === 0x21) length = 2;
      else if (text.startsWith('{ifs', index + 1)) {
        const close = text.indexOf('}', index);
        if (close > 0 && close - index < 16) [length, put] = [close - index + 1, ' '];
      } else if (text.startsWith('ifs', index + 1))
        [length, put] = [isDigit(text.charCodeAt(index + 5)) && next === 0x69 && text.charCodeAt(index + 4) === 0x24 ? 6 : 4, ' '];
    }
    if (length === 0) continue;
    form += text.slice(copied, index) + put;
    copied = index + length;
    index = copied - 1;
  }
  return copied === 0 ? text : form + text.slice(copied);
}

/** Without control characters: `java\tscript:` is `javascript:` to a browser (URL standard, "remove all ASCII tab or newline"). */
export function plainScheme(text: string): string {
  let form = '';
  let copied = 0;
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) >= 0x20) continue;
    form += text.slice(copied, index);
    copied = index + 1;
  }
  return copied === 0 ? text : form + text.slice(copied);
}
