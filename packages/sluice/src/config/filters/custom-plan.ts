/** A filter that a user has written: where its code stands, and what it is given. */
export interface CustomPlan {
  /** For logs: the function's name, or the module's. */
  readonly name: string;
  readonly source: CustomSource;
  /** Plain data; null where there is none. */
  readonly options: unknown;
  /** How long it may take to answer, or to hand the request on; then 504. */
  readonly timeoutMs: number;
}

export type CustomSource =
  /** A function that stands in the configuration module at `key`. */
  | { readonly kind: 'config'; readonly key: readonly (string | number)[]; readonly path: string; readonly version: string }
  /** A module that exports it. */
  | { readonly kind: 'module'; readonly export: string; readonly path: string; readonly version: string };
