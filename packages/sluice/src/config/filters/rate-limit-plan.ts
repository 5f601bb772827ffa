/** Options of `rateLimit`: how much of what is let in. Durations in milliseconds. */
export interface RateLimitPlan {
  /** Limits of the same name count together, over routes. */
  readonly name: string;
  /** Null: only `concurrency` is limited. */
  readonly rate: {
    readonly algorithm: 'gcra' | 'sliding-window';
    readonly requests: number;
    readonly periodMs: number;
    readonly burst: number;
  } | null;
  /** Requests under way at a time; null: any. */
  readonly concurrency: number | null;
  /** Parts of the key; none: one count for all. */
  readonly key: readonly RateLimitKeyPart[];
  /** Counts only what the cache has not answered. */
  readonly missesOnly: boolean;
  readonly status: number;
  /** Whether replies carry RateLimit fields. */
  readonly headers: boolean;
  /** Counts without refusing. */
  readonly isDryRun: boolean;
  /** Null: all workers of this process agree; else all nodes, through a store. */
  readonly shared: { readonly store: string; readonly without: 'open' | 'closed' | 'local'; readonly nodes: number } | null;
}

export type RateLimitKeyPart =
  /** `bits6`: of an IPv6 address, how much of it is one client. */
  | { readonly source: 'address'; readonly bits4: number; readonly bits6: number }
  | { readonly source: 'header' | 'cookie' | 'claim' | 'query'; readonly name: string }
  | { readonly source: 'route' | 'method' | 'host' };
