/**
 * The scalar kinds that the schema is built from. Each says in its error what is allowed, in the words that follow the field's name
 * (`must be …`); a second line, where there is one, is a hint. `explain.ts` turns both into faults. Durations come out as
 * milliseconds, sizes as bytes, shares as 0..1.
 */
import * as z from 'zod';
import { DURATION_PATTERN, parseDuration, parseShare, parseSize, SHARE_PATTERN, SIZE_PATTERN } from '../quantity.ts';

/** Names of listeners, services and routes: they become metric labels and parts of admin URLs. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const NAME_ALLOWED = "must be a name of at most 64 letters, digits, '-', '_' and '.', starting with a letter or digit";

/** The last moment that a timer can be set for (2^31 - 1 ms). */
const TIMER_MAX = '24d';

/** A name. */
export function name() {
  return z.string({ error: NAME_ALLOWED }).regex(NAME_PATTERN, NAME_ALLOWED).meta({ 'x-range': 'name' });
}

/** A duration with its unit; milliseconds. */
export function duration(min = '1ms', max: string = TIMER_MAX) {
  const [lowest, highest] = [parseDuration(min) ?? 0, parseDuration(max) ?? 0];
  const allowed = `must be a duration with a unit, such as '5s', '250ms' or '1h30m', from ${min} to ${max}`;
  const error = (issue: { input?: unknown }) =>
    typeof issue.input === 'number' && issue.input >= 0 ? `${allowed}\nwrite '${issue.input}s' or '${issue.input}ms'` : allowed;
  return z
    .string({ error })
    .regex(DURATION_PATTERN, allowed)
    .transform((text, context) => {
      const ms = parseDuration(text) ?? -1;
      if (ms >= lowest && ms <= highest) return ms;
      context.issues.push({ code: 'custom', message: allowed, input: text });
      return z.NEVER;
    })
    .meta({ 'x-range': `duration ${min}..${max}` });
}

/** A size with its unit; bytes. */
export function size(min: string, max: string) {
  const [lowest, highest] = [parseSize(min) ?? 0, parseSize(max) ?? 0];
  const allowed = `must be a size with a unit, such as '32KiB' or '1MB', from ${min} to ${max}`;
  const error = (issue: { input?: unknown }) =>
    typeof issue.input === 'number' && issue.input >= 0 ? `${allowed}\nwrite '${issue.input}B' or '${issue.input}KiB'` : allowed;
  return z
    .string({ error })
    .regex(SIZE_PATTERN, allowed)
    .transform((text, context) => {
      const bytes = parseSize(text) ?? -1;
      if (bytes >= lowest && bytes <= highest) return bytes;
      context.issues.push({ code: 'custom', message: allowed, input: text });
      return z.NEVER;
    })
    .meta({ 'x-range': `size ${min}..${max}` });
}

/** A share: a number 0..1 or a percentage. */
export function share(min = 0, max = 1) {
  const allowed = `must be a share ${min}..${max}, or a percentage such as '20%'`;
  const error = (issue: { input?: unknown }) =>
    typeof issue.input === 'number' && issue.input > 1 && issue.input <= 100 ? `${allowed}\nwrite '${issue.input}%'` : allowed;
  const inRange = (value: number): boolean => value >= min && value <= max;
  const percentage = z.string({ error: allowed }).regex(SHARE_PATTERN, allowed);
  return z
    .union([z.number({ error }).refine(inRange, { error }), percentage], { error })
    .transform((given, context) => {
      const value = typeof given === 'number' ? given : (parseShare(given) ?? -1);
      if (inRange(value)) return value;
      context.issues.push({ code: 'custom', message: allowed, input: given });
      return z.NEVER;
    })
    .meta({ 'x-range': `share ${min}..${max}` });
}

/** A whole number in a range, both ends allowed. */
export function whole(min: number, max: number) {
  const error = `must be a whole number ${min}..${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** A number in a range, both ends allowed. */
export function decimal(min: number, max: number) {
  const error = `must be a number ${min}..${max}`;
  return z.number({ error }).min(min, { error }).max(max, { error });
}

/** True or false. */
export function flag() {
  return z.boolean({ error: 'must be true or false' });
}

/** One of some words; a near miss is suggested. */
export function choice<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: `must be one of ${words.map((word) => `'${word}'`).join(', ')}` });
}

/** Text of bounded length without control characters. */
export function text(what: string, max: number, min = 1) {
  const allowed = `must be ${what} (${min === 0 ? 'at most' : `${min} to`} ${max} characters, no control characters)`;
  return z
    .string({ error: allowed })
    .min(min, allowed)
    .max(max, allowed)
    .regex(/^[^\0-\x1f\x7f]*$/, allowed);
}

/** A list, or one entry without its brackets; comes out as a list. */
export function listOf<Entry extends z.ZodType>(entry: Entry, what: string, max: number) {
  const error = `must be ${what}, or a list of at most ${max}`;
  return z.union([entry.transform((one) => [one]), z.array(entry, { error }).max(max, { error })], { error });
}
