/**
 * `tracestate`: what vendors of tracing systems say to each other along a trace (W3C Trace Context, Level 2, §3.3). We add nothing to it. A list that breaks a rule is dropped as a whole and the
 * trace goes on without it (§4.3); one that is too long loses members, the large ones first and then the oldest (§3.3.1.5).
 */

/** Members; more are a fault (§3.3.1.1). */
const MEMBERS_MAX = 32;
/** Characters that are passed on (§3.3.1.5). */
export const STATE_CHARACTERS_MAX = 512;
/** Characters that are looked at: 32 members of the longest key and value, with room for blanks. */
const CHARACTERS_READ_MAX = 32 * 520;
/** Members longer than this go first. */
const LARGE_MEMBER = 128;

const KEY_MAX = 256;
const VALUE_MAX = 256;

/**
 * What is passed on of the fields' values, joined with commas in the order in which they came.
 * @returns Empty where nothing is.
 */
export function keptTraceState(text: string): string {
  if (text === '' || text.length > CHARACTERS_READ_MAX) return '';
  const members: string[] = [];
  const keys = new Set<string>();
  for (const part of text.split(',')) {
    const member = withoutBlanks(part);
    if (member === '') continue; // §3.3.1.1: empty members are allowed
    const equals = member.indexOf('=');
    const key = member.slice(0, Math.max(0, equals));
    if (!isKey(key) || !isValue(member, equals + 1) || keys.has(key) || members.length === MEMBERS_MAX) return '';
    keys.add(key);
    members.push(member);
  }
  return joined(members);
}

function joined(members: readonly string[]): string {
  const text = members.join(',');
  if (text.length <= STATE_CHARACTERS_MAX) return text;
  const kept = [...members];
  let length = text.length;
  for (let at = kept.length - 1; at >= 0 && length > STATE_CHARACTERS_MAX; at--) {
    if (kept[at]!.length <= LARGE_MEMBER) continue;
    length -= kept[at]!.length + 1;
    kept.splice(at, 1);
  }
  while (length > STATE_CHARACTERS_MAX) length -= kept.pop()!.length + 1; // the youngest stand on the left
  return kept.join(',');
}

/** A lower-case letter or digit, then those, `_`, `-`, `*`, `/` and `@` (§3.3.1.3.1 of Level 2, which allows all that Level 1 does). */
function isKey(key: string): boolean {
  if (key.length === 0 || key.length > KEY_MAX || !isLetterOrDigit(key.charCodeAt(0))) return false;
  for (let at = 1; at < key.length; at++) {
    const code = key.charCodeAt(at);
    if (!isLetterOrDigit(code) && code !== 0x5f && code !== 0x2d && code !== 0x2a && code !== 0x2f && code !== 0x40) return false;
  }
  return true;
}

/** Printable ASCII without `,` and `=`; blanks only within (§3.3.1.3.2). */
function isValue(member: string, start: number): boolean {
  const length = member.length - start;
  if (length < 1 || length > VALUE_MAX) return false;
  for (let at = start; at < member.length; at++) {
    const code = member.charCodeAt(at);
    if (code < 0x20 || code > 0x7e || code === 0x3d) return false;
  }
  return true;
}

function isLetterOrDigit(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
}

/** Without optional white space (RFC 9110 §5.6.3): only spaces and tabs. */
function withoutBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
