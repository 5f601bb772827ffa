/** Options of `headers`: edits of requests and of replies. Values may have places such as `{host}` (`core/filters/header-template.ts`). */
export interface HeadersPlan {
  readonly request: HeaderChanges;
  readonly response: HeaderChanges;
}

/** Applied in the order remove, set, add. */
export interface HeaderChanges {
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly add: readonly (readonly [name: string, value: string])[];
  readonly remove: readonly string[];
}
