/**
 * The header fields of a message as code of users sees and changes them: names without case, values as text. What is set is checked at once, where it is written, so that no value can split
 * a message (RFC 9110 §5.1, §5.5); fields that frame a message or concern one connection belong to the gateway. Remembers which names were touched: only those are changed on the wire.
 */
import type { FilterHeaders } from './custom-filter.ts';

/** RFC 9110 §7.6.1 and RFC 9112 §6: written by the gateway itself. */
const OWN_FIELDS = /^(?:connection|keep-alive|proxy-connection|transfer-encoding|content-length|te|trailer|upgrade|host)$/i;
const NAME = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]{1,128}$/;
// oxlint-disable-next-line no-control-regex -- the tab is one
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const VALUE_CHARACTERS_MAX = 16_384;

/** Whether only the gateway writes this field. */
export function isOwnField(name: string): boolean {
  return OWN_FIELDS.test(name);
}

export class HeaderList implements FilterHeaders {
  private readonly entries: [name: string, value: string][];
  private touched: Set<string> | null = null;
  private readonly isClosed: () => boolean;

  /** @param isClosed Tells when nothing can be changed any more. */
  constructor(entries: [name: string, value: string][], isClosed: () => boolean = () => false) {
    this.entries = entries;
    this.isClosed = isClosed;
  }

  get(name: string): string | null {
    const lower = name.toLowerCase();
    let found: string | null = null;
    for (const [each, value] of this.entries) {
      if (each.length !== lower.length || each.toLowerCase() !== lower) continue;
      found = found === null ? value : `${found}${lower === 'cookie' ? '; ' : ', '}${value}`;
    }
    return found;
  }

  getAll(name: string): readonly string[] {
    const lower = name.toLowerCase();
    return this.entries.filter(([each]) => each.toLowerCase() === lower).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  set(name: string, value: string): void {
    const text = this.checked(name, value);
    this.remove(name.toLowerCase());
    this.entries.push([name, text]);
  }

  append(name: string, value: string): void {
    const text = this.checked(name, value);
    this.touch(name.toLowerCase());
    this.entries.push([name, text]);
  }

  delete(name: string): void {
    this.check(name);
    this.remove(name.toLowerCase());
  }

  [Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    return this.entries.map(([name, value]) => [name.toLowerCase(), value] as const)[Symbol.iterator]();
  }

  /** Names that were set, appended to or deleted, in lower case; with the lines that they have now, each with CRLF. Null: none was. */
  changes(): { readonly names: readonly string[]; readonly lines: string } | null {
    const { touched } = this;
    if (touched === null) return null;
    const lines = this.entries.filter(([name]) => touched.has(name.toLowerCase())).map(([name, value]) => `${name}: ${value}\r\n`);
    return { names: [...touched], lines: lines.join('') };
  }

  /** All lines, each with CRLF. */
  lines(): string {
    return this.entries.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  }

  private remove(lower: string): void {
    this.touch(lower);
    for (let index = this.entries.length - 1; index >= 0; index--) {
      if (this.entries[index]![0].toLowerCase() === lower) this.entries.splice(index, 1);
    }
  }

  private touch(lower: string): void {
    (this.touched ??= new Set()).add(lower);
  }

  private checked(name: string, value: string): string {
    this.check(name);
    const text = String(value).trim();
    if (text.length > VALUE_CHARACTERS_MAX) {
      throw new TypeError(`header ${name}: a value of ${text.length} characters; at most ${VALUE_CHARACTERS_MAX} are allowed`);
    }
    if (VALUE.test(text)) return text;
    let at = 0;
    while (VALUE.test(text.charAt(at))) at++;
    const code = text.codePointAt(at)!.toString(16).toUpperCase().padStart(4, '0');
    throw new TypeError(
      `header ${name}: the value's character ${at + 1} (U+${code}) cannot stand in a header; encode it, with encodeURIComponent for one`,
    );
  }

  private check(name: string): void {
    if (this.isClosed())
      throw new TypeError(`header ${name}: the message has gone on; change it before next(), or before the filter returns`);
    if (!NAME.test(name)) throw new TypeError(`${JSON.stringify(name)} is no header name: 1 to 128 letters, digits and !#$%&'*+-.^_\`|~`);
    if (isOwnField(name)) throw new TypeError(`header ${name} is written by the gateway itself: it cannot be changed here`);
  }
}

/** Entries of field lines, each `Name: value` CRLF. */
export function entriesOf(lines: string): [name: string, value: string][] {
  const entries: [string, string][] = [];
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf('\r\n', start);
    const colon = lines.indexOf(':', start);
    entries.push([lines.slice(start, colon), lines.slice(colon + 1, end).trim()]);
    start = end + 2;
  }
  return entries;
}

/** Entries without those of `drops` (`,name,name,`, aliases with `_` and `.` among them), and with `lines`. */
export function editedEntries(entries: [name: string, value: string][], drops: string, lines: string): [name: string, value: string][] {
  if (drops === '' && lines === '') return entries;
  const kept = drops === '' ? entries : entries.filter(([name]) => !isDropped(name.toLowerCase(), drops));
  return lines === '' ? kept : [...kept, ...entriesOf(lines)];
}

function isDropped(lower: string, drops: string): boolean {
  return drops.includes(`,${lower},`) || drops.includes(`,${lower.replaceAll(/[_.]/g, '-')},`);
}
