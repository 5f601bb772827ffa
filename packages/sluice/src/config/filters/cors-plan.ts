/** Options of `cors`: which pages of other origins may read replies (the Fetch standard, §3.2). */
export interface CorsPlan {
  /** Any origin may. */
  readonly anyOrigin: boolean;
  /** Lower case, as browsers send them: `https://example.com`. */
  readonly origins: readonly string[];
  /** `https://*.example.com` is `https://` and `.example.com`. */
  readonly wildcards: readonly { readonly prefix: string; readonly suffix: string }[];
  /** RE2, of the whole origin. */
  readonly regexes: readonly string[];
  readonly methods: readonly string[];
  /** `*` alone: what was asked for is allowed. */
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  readonly credentials: boolean;
  readonly maxAgeSeconds: number;
  readonly privateNetwork: boolean;
}
