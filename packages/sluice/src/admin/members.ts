/** Members of bodies and queries: schemas that say in words what they must be, and the sentences of what is refused. */
import { z } from '@hono/zod-openapi';
import { parseDuration } from '../config/quantity.ts';
import type { Shape } from './operation.ts';

const SHOWN_MAX = 100;
/** Told of one request; a body of 1 MiB has room for 100,000, and telling them all would take 19 MiB. */
const FAULTS_MAX = 10;

/** What a member must be, in words. */
const MUST = new WeakMap<z.ZodType, string>();

/** Says what a member must be; whatever is wrong with it is then told so. */
export function must<Schema extends z.ZodType>(schema: Schema, words: string): Schema {
  MUST.set(schema, words);
  return schema;
}

/** Text of bounded length without NUL. */
export function text(max: number, pattern = /^[^\0]*$/, words = `a text of at most ${max} characters`): z.ZodString {
  return must(z.string().max(max).regex(pattern), words);
}

/** A list of texts. */
export function texts(max: number, each: number) {
  return must(
    z
      .array(
        z
          .string()
          .max(each)
          .regex(/^[^\0]*$/),
      )
      .min(1)
      .max(max),
    `a list of 1 to ${max} texts`,
  );
}

/** Texts by name. */
export function textMap(max: number, each: number) {
  const isSmall = (map: object): boolean => Object.keys(map).length <= max;
  const map = z
    .record(
      z.string().regex(/^[^=\0]+$/),
      z
        .string()
        .max(each)
        .regex(/^[^\0]*$/),
    )
    .refine(isSmall);
  return must(map, `an object of at most ${max} texts`);
}

/** One of some words. */
export function choice<const Word extends string>(words: readonly Word[]) {
  return must(z.enum(words as unknown as readonly [Word, ...Word[]]), words.map((one) => `"${one}"`).join(' or '));
}

export function flag() {
  return must(z.boolean(), 'true or false');
}

/** A duration in milliseconds. @param max As people write it: `24h`. */
export function duration(max: string) {
  const highest = parseDuration(max) ?? 0;
  const isGood = (given: string): boolean => (parseDuration(given) ?? Infinity) <= highest;
  const schema = z
    .string()
    .max(40)
    .refine(isGood)
    .transform((given) => parseDuration(given) ?? 0);
  return must(schema.openapi({ type: 'string', example: '30s' }), `a duration such as "30s", at most "${max}"`);
}

/** A whole number of a query. */
export function count(min: number, max: number, without: number) {
  return must(wholeNumber(min, max), `a whole number ${min}..${max}`)
    .default(without)
    .openapi({ type: 'integer', minimum: min, maximum: max, default: without });
}

/** A whole number of a path, or of a query that may have none. */
export function wholeNumber(min: number, max: number) {
  const isGood = (given: string): boolean => Number(given) >= min && Number(given) <= max;
  const schema = z
    .string()
    .regex(/^\d{1,16}$/)
    .refine(isGood)
    .transform(Number);
  return must(schema.openapi({ type: 'integer', minimum: min, maximum: max }), `a whole number ${min}..${max}`);
}

/** `true` or `false` of a query; without it, false. */
export function switched() {
  const schema = z.enum(['true', 'false']).transform((given) => given === 'true');
  return must(schema.openapi({ type: 'boolean' }), 'true or false')
    .default(false)
    .openapi({ type: 'boolean', default: false });
}

/** What is wrong with one member. */
export interface MemberFault {
  /** Of a body: a JSON pointer (RFC 6901) as a fragment. */
  readonly pointer?: string;
  /** Of a path or query: its name. */
  readonly parameter?: string;
  readonly detail: string;
}

/** How refusals speak of what is read. */
export interface MembersWords {
  readonly kind: 'body' | 'query' | 'path';
  readonly example: string;
}

/** Reads members: every one is known, and has the right type, or the sentences say which is not. */
export function readMembers<Members extends Shape>(
  members: Members,
  given: unknown,
  words: MembersWords,
): { readonly ok: true; readonly value: z.output<z.ZodObject<Members>> } | { readonly ok: false; readonly faults: readonly MemberFault[] } {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { ok: false, faults: [{ detail: `the body must be an object, for example ${words.example}` }] };
  const faults = unknownMembers(members, given, words);
  if (faults.length > 0) return { ok: false, faults };
  const read = z.object(members).safeParse(given);
  if (read.success) return { ok: true, value: read.data };
  const names = new Set(read.error.issues.map(({ path }) => String(path[0])));
  return { ok: false, faults: [...names].map((name) => faultOf(members, name, given as Record<string, unknown>, words)) };
}

function unknownMembers(members: Shape, given: object, words: MembersWords): MemberFault[] {
  const known = Object.keys(members).join(', ') || 'nothing';
  const what = words.kind === 'body' ? 'member' : 'query parameter';
  return Object.keys(given)
    .filter((name) => !Object.hasOwn(members, name))
    .slice(0, FAULTS_MAX)
    .map((name) => placed(name, `unknown ${what} ${shown(name)}; the ${words.kind} may have ${known}`, words));
}

function faultOf(members: Shape, name: string, given: Record<string, unknown>, words: MembersWords): MemberFault {
  if (!Object.hasOwn(given, name)) return placed(name, missing(name, words), words);
  return placed(name, `${name} must be ${mustOf(members[name] as z.ZodType)}, got ${shown(given[name])}`, words);
}

function missing(name: string, { kind, example }: MembersWords): string {
  return kind === 'body'
    ? `the body has no "${name}", for example ${example}`
    : `the query parameter "${name}" is missing, for example ${example}`;
}

function placed(whole: string, detail: string, { kind }: MembersWords): MemberFault {
  const name = whole.slice(0, SHOWN_MAX);
  return kind === 'body' ? { pointer: `#/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, detail } : { parameter: name, detail };
}

function mustOf(schema: z.ZodType): string {
  for (let inner: z.ZodType | undefined = schema; inner !== undefined; inner = innerOf(inner)) {
    const words = MUST.get(inner);
    if (words !== undefined) return words;
  }
  return 'something else';
}

/** What an optional schema, or one with a default, is of. */
function innerOf(schema: z.ZodType): z.ZodType | undefined {
  const isAround = schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional || schema instanceof z.ZodDefault;
  return isAround ? (schema.unwrap() as z.ZodType) : undefined;
}

/** Lists and objects are not shown: commands and environments hold secrets, and what is answered ends in logs. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return `an object of ${Object.keys(value).length}`;
  const whole = JSON.stringify(value);
  return whole.length > SHOWN_MAX ? `${whole.slice(0, SHOWN_MAX)}…` : whole;
}
