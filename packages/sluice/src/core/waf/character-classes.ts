/** Which kinds of characters a text has: the first look at every value, about 1 ns per character. A text of letters and digits alone is of no interest to any rule. */

export const QUOTE = 1;
export const COMPARE = 2;
export const PAREN = 4;
export const SEPARATOR = 8;
export const DOLLAR = 16;
export const BRACE = 32;
export const PERCENT = 64;
export const SLASH = 128;
export const ANGLE = 256;
export const SPACE = 512;
export const COMMENT = 1024;
export const COLON = 2048;
export const CONTROL = 4096;
export const NON_ASCII = 8192;
export const BACKTICK = 16_384;
export const DOT = 32_768;
export const UPPER = 65_536;
export const OTHER = 131_072;
export const AMPERSAND = 262_144;
export const BACKSLASH = 524_288;
export const NUL = 1_048_576;

/** What words are made of. */
const WORD = UPPER | COMMENT;

const CLASSES = classes();

function classes(): Uint32Array {
  const table = new Uint32Array(128).fill(OTHER);
  const mark = (characters: string, bits: number): void => {
    for (const character of characters) table[character.charCodeAt(0)] = bits;
  };
  mark('abcdefghijklmnopqrstuvwxyz0123456789_', 0);
  mark('ABCDEFGHIJKLMNOPQRSTUVWXYZ', UPPER);
  mark('\'"', QUOTE);
  mark('`', QUOTE | BACKTICK);
  mark('=!~', COMPARE);
  mark('<>', COMPARE | ANGLE);
  mark('()', PAREN);
  mark(';|', SEPARATOR);
  mark('&', SEPARATOR | AMPERSAND);
  mark('$', DOLLAR);
  mark('{}[]', BRACE);
  mark('%', PERCENT);
  mark('/', SLASH);
  mark('\\', SLASH | BACKSLASH);
  mark(' +', SPACE);
  mark('#-*', COMMENT);
  mark(':', COLON);
  mark('.', DOT);
  for (let code = 0; code < 32; code++) table[code] = CONTROL;
  mark('\t\r\n', CONTROL | SPACE | SEPARATOR);
  table[0] = CONTROL | NUL;
  table[127] = CONTROL;
  table['-'.charCodeAt(0)] = COMMENT;
  return table;
}

/** The classes that stand in a text. */
export function classesOf(text: string): number {
  let found = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    found |= code < 128 ? CLASSES[code]! : NON_ASCII;
  }
  return found;
}

/** The same of bytes. */
export function classesOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let found = 0;
  for (let index = start; index < end; index++) {
    const byte = bytes[index]!;
    found |= byte < 128 ? CLASSES[byte]! : NON_ASCII;
  }
  return found;
}

/** Letters, digits, `_` and `-`: a number, a name, a token. */
export function isWord(found: number): boolean {
  return (found & ~WORD) === 0;
}
