/** Holds a schema and the interface that it describes equal, at compile time: neither may have what the other has not. */
import type { z } from '@hono/zod-openapi';

/** Read-only through and through, and without brands of numbers. */
type Frozen<Value> = Value extends number
  ? number
  : Value extends readonly (infer Item)[]
    ? readonly Frozen<Item>[]
    : Value extends object
      ? { readonly [Name in keyof Value]: Frozen<Value[Name]> }
      : Value;

type Same<Left, Right> = [Frozen<Left>] extends [Frozen<Right>] ? ([Frozen<Right>] extends [Frozen<Left>] ? unknown : never) : never;

/** `same<Status>()('Status', z.object({…}))`: the schema, by this name in the OpenAPI document. */
export function same<Interface>() {
  return <Schema extends z.ZodType>(name: string, schema: Schema & Same<z.output<Schema>, Interface>): Schema => schema.openapi(name);
}
