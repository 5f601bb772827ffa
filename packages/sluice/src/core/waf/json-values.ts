/**
 * Everything that stands in a JSON text, without believing that it is JSON: strings with their escapes undone, each with the name of its member, and bare words that are no number. So a duplicate
 * member is seen twice, and text that is broken on purpose is seen as a whole. One pass, no recursion, nothing kept but the last name.
 */
import type { Inspection } from './inspection.ts';
import { IN_BODY } from './rule.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** Looks at all values and names. */
export function inspectJson(text: string, inspection: Inspection): void {
  let name = '';
  for (let index = 0; index < text.length && !inspection.isOver;) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      const end = stringEnd(text, index + 1);
      const value = plain(text, index + 1, end);
      index = end + 1;
      if (isName(text, index)) {
        name = value;
        inspection.named(value);
      } else inspection.text(value, IN_BODY, name);
    } else if (isBare(code)) {
      const end = bareEnd(text, index);
      if (!isLiteral(text, index, end)) inspection.text(text.slice(index, end), IN_BODY, name);
      index = end;
    } else index++;
  }
}

function stringEnd(text: string, start: number): number {
  for (let at = text.indexOf('"', start); ; at = text.indexOf('"', at + 1)) {
    if (at < 0) return text.length;
    let slashes = 0;
    while (at - 1 - slashes >= start && text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
}

/** A colon follows. */
function isName(text: string, start: number): boolean {
  let at = start;
  while (text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === 0x3a;
}

/** Neither white space nor `{}[],:"`. */
function isBare(code: number): boolean {
  return code > 0x20 && code !== 0x2c && code !== 0x3a && code !== 0x5b && code !== 0x5d && code !== 0x7b && code !== 0x7d;
}

/** Up to what could be JSON again: a comma, a closing bracket, a line end. What is no JSON may have anything else in it. */
function bareEnd(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2c || code === 0x5d || code === 0x7d || code === 0x0a || code === QUOTE) break;
  }
  return at;
}

function isLiteral(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    const isNumber = (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2b || code === 0x2e || (code | 0x20) === 0x65;
    if (!isNumber && code > 0x20) {
      const word = text.slice(start, end).trim();
      return word === 'true' || word === 'false' || word === 'null';
    }
  }
  return true;
}

function plain(text: string, start: number, end: number): string {
  let at = text.indexOf('\\', start);
  if (at < 0 || at >= end) return text.slice(start, end);
  let value = '';
  let copied = start;
  while (at >= 0 && at < end) {
    value += text.slice(copied, at);
    const kind = text[at + 1] ?? '';
    const unit = kind === 'u' ? Number.parseInt(text.slice(at + 2, at + 6), 16) : Number.NaN;
    if (unit >= 0) {
      value += String.fromCharCode(unit);
      copied = at + 6;
    } else {
      value += ESCAPES[kind] ?? kind;
      copied = at + 2;
    }
    at = text.indexOf('\\', copied);
  }
  return copied < end ? value + text.slice(copied, end) : value;
}
