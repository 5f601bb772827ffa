/** Reads the members of a JSON body: every one is known, and has the right type, or the sentence says which is not. */
import { parseDuration } from '../config/quantity.ts';

const SHOWN_MAX = 100;

/** Gives the value, or what it must be. */
export type MemberReader<Value> = (
  value: unknown,
) => { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly must: string };

/** What readers give, each member optional. */
export type Members<Readers> = { -readonly [Name in keyof Readers]?: Readers[Name] extends MemberReader<infer Value> ? Value : never };

/** The members of an object; an empty body has none. A text is what is wrong. */
export function readMembers<Readers extends Readonly<Record<string, MemberReader<unknown>>>>(
  body: string,
  readers: Readers,
  example: string,
): Members<Readers> | string {
  const parsed = body === '' ? {} : parse(body);
  if (parsed === undefined) return 'the body is not JSON';
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return `the body must be an object, for example ${example}`;
  const members: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (!Object.hasOwn(readers, name)) return `unknown member "${name}"; the body may have ${Object.keys(readers).join(', ') || 'nothing'}`;
    const read = readers[name]!(value);
    if (!read.ok) return `${name} must be ${read.must}, got ${shown(value)}`;
    members[name] = read.value;
  }
  return members as Members<Readers>;
}

/** Lists and objects are not shown: commands and environments hold secrets, and what is answered ends in logs. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return `an object of ${Object.keys(value).length}`;
  const text = JSON.stringify(value);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Text of bounded length without NUL. */
export function textMember(max: number, pattern = /^[^\0]*$/, must = `a text of at most ${max} characters`): MemberReader<string> {
  return (value) => (typeof value === 'string' && value.length <= max && pattern.test(value) ? { ok: true, value } : { ok: false, must });
}

/** A list of texts. */
export function textsMember(max: number, each: number): MemberReader<readonly string[]> {
  const isText = (one: unknown): one is string => typeof one === 'string' && one.length <= each && !one.includes('\0');
  return (value) =>
    Array.isArray(value) && value.length > 0 && value.length <= max && value.every(isText)
      ? { ok: true, value }
      : { ok: false, must: `a list of 1 to ${max} texts` };
}

/** Texts by name. */
export function textMapMember(max: number, each: number): MemberReader<Readonly<Record<string, string>>> {
  const must = `an object of at most ${max} texts`;
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return { ok: false, must };
    const entries = Object.entries(value as Record<string, unknown>);
    const isGood = entries.every(
      ([name, text]) => /^[^=\0]+$/.test(name) && typeof text === 'string' && text.length <= each && !text.includes('\0'),
    );
    return isGood && entries.length <= max ? { ok: true, value: value as Record<string, string> } : { ok: false, must };
  };
}

/** One of some words. */
export function choiceMember<const Word extends string>(words: readonly Word[]): MemberReader<Word> {
  return (value) => {
    const word = words.find((one) => one === value);
    return word === undefined ? { ok: false, must: words.map((one) => `"${one}"`).join(' or ') } : { ok: true, value: word };
  };
}

export function flagMember(): MemberReader<boolean> {
  return (value) => (typeof value === 'boolean' ? { ok: true, value } : { ok: false, must: 'true or false' });
}

/** A duration in milliseconds. @param max As people write it: `24h`. */
export function durationMember(max: string): MemberReader<number> {
  const highest = parseDuration(max) ?? 0;
  return (value) => {
    const ms = typeof value === 'string' ? parseDuration(value) : null;
    return ms !== null && ms <= highest ? { ok: true, value: ms } : { ok: false, must: `a duration such as "30s", at most "${max}"` };
  };
}
