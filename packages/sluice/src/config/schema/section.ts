/**
 * Objects of the configuration. Unknown keys are faults: a setting that is silently ignored because its name is misspelt is worse than one
 * that is missing. The known keys travel in the message, from which `explain.ts` makes the suggestion.
 */
import * as z from 'zod';

/** Starts the message that lists an object's known keys. */
export const KNOWN_KEYS = 'known keys: ';

/** An object with exactly these keys. */
export function section<Shape extends z.core.$ZodLooseShape>(what: string, shape: Shape) {
  const known = KNOWN_KEYS + Object.keys(shape).join(' ');
  const allowed = `must be ${what}`;
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? known : allowed) });
}

/** An object whose keys are names that the user chooses. */
export function named<Value extends z.ZodType>(what: string, key: z.ZodType<string, string>, value: Value) {
  return z.record(key, value, { error: `must be ${what}` });
}

/**
 * A default as people would write it. It is parsed once, not once per object that leaves it out (10,000 routes leave out nearly everything),
 * and shown in the JSON Schema as written.
 */
export function preset<Schema extends z.ZodType>(schema: Schema, written: z.input<Schema>) {
  const parsed = schema.parse(written) as z.core.util.NoUndefined<z.output<Schema>>;
  Object.freeze(parsed);
  return schema.default(() => parsed).meta({ default: written });
}

/** Something that is off unless given: an object, `true` for its defaults, or `false`. Null when off. */
export function optIn<Schema extends z.ZodType>(schema: Schema) {
  const off = z.literal(false).transform(() => null);
  const defaults = z.literal(true).transform(() => schema.parse({}));
  return preset(z.union([off, defaults, schema], { error: 'must be an object, true for its defaults, or false' }), false);
}

/** Something that is off unless given, and has no defaults to stand for `true`. Null when off. */
export function optional<Schema extends z.ZodType>(schema: Schema, what: string) {
  return preset(z.union([z.literal(false).transform(() => null), schema], { error: `must be ${what}, or false` }), false);
}
