/** Options of `rewrite`: the path that the service is asked for. Steps in this order; queries stay. */
export interface RewritePlan {
  /** The first of these that the path begins with, at a slash, is taken away. */
  readonly stripPrefixes: readonly string[];
  /** The service is told what was taken away. */
  readonly tellsPrefix: boolean;
  /** RE2, looked for in the path, and what stands in its place. */
  readonly regex: { readonly source: string; readonly replacement: string } | null;
  /** In place of the whole path. */
  readonly replacePath: string | null;
  /** Set before the path; empty: nothing. */
  readonly addPrefix: string;
}
