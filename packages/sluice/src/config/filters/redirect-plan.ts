/** Options of `redirect`: an answer that names another place. Exactly one of `to`, `regex` and `canonical` is not null. */
export interface RedirectPlan {
  readonly status: 301 | 302 | 303 | 307 | 308;
  /** A template of a location. */
  readonly to: string | null;
  /** RE2, looked for in the whole address (`https://example.com/a?b`), and what stands in its place. */
  readonly regex: { readonly source: string; readonly replacement: string } | null;
  readonly canonical: CanonicalPlan | null;
}

/** One address for what has many. */
export interface CanonicalPlan {
  readonly scheme: 'http' | 'https' | null;
  /** Of the address that is redirected to; null: the scheme's own. */
  readonly port: number | null;
  readonly www: 'add' | 'remove' | null;
  readonly host: string | null;
  readonly trailingSlash: 'add' | 'remove' | null;
}
