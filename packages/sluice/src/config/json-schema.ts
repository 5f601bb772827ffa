/** The configuration's JSON Schema (2020-12), for editors and other tools: what people may write, with titles, meanings and defaults. */
import * as z from 'zod';
import { configSchema } from './schema/config.ts';

/** A JSON Schema, as plain data. */
export type JsonSchema = { readonly [key: string]: unknown };

/** The schema of the configuration file. */
export function configJsonSchema(): JsonSchema {
  // Functions have no form in JSON; their place says `not: {}`, which nothing fits.
  const options = { io: 'input', target: 'draft-2020-12', unrepresentable: 'any', override: showInput } as const;
  const { $schema, ...rest } = z.toJSONSchema(configSchema, options);
  return { $schema, $id: 'https://sluice.dev/schema/config.json', ...rest };
}

/**
 * The library leaves out the default of what is parsed into something else; `preset` keeps it as people would write it. And it does not know that a word may stand for an object; `x-words` are
 * those that may.
 */
function showInput({
  zodSchema,
  jsonSchema,
}: {
  readonly zodSchema: z.core.$ZodType;
  readonly jsonSchema: z.core.JSONSchema.BaseSchema;
}): void {
  const written = z.globalRegistry.get(zodSchema)?.['default'];
  if (written !== undefined) Object.assign(jsonSchema, { default: written });
  const words = z.globalRegistry.get(zodSchema)?.['x-words'];
  if (words === undefined) return;
  const { 'x-words': _, ...object } = { ...jsonSchema };
  for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
  Object.assign(jsonSchema, { anyOf: [{ enum: words }, object] });
}
