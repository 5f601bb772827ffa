/** Options of `cache`: what a route keeps, under which key, for how long. Durations in milliseconds. */
export interface CachePlan {
  /** Which of the `caches` it lies in. */
  readonly store: string;
  readonly key: CacheKeyPlan;
  /** For replies that say nothing of how long they hold, by status; `*` for any that is heuristically cacheable. None: heuristics of RFC 9111 §4.2.2 alone. */
  readonly defaultTtlMs: Readonly<Record<string, number>>;
  /** Bounds on what replies say; null: none. */
  readonly ttlMinMs: number | null;
  readonly ttlMaxMs: number | null;
  /** Where replies say nothing of it (RFC 5861); null: nothing stale is served. */
  readonly staleWhileRevalidateMs: number | null;
  readonly staleIfErrorMs: number | null;
  /** Names of targeted fields, lower case, most specific first (RFC 9213). */
  readonly targetedFields: readonly string[];
  /** What an Age that is no single number means: nothing (RFC 9111 §5.1), or that the reply is old. */
  readonly malformedAge: 'ignore' | 'stale';
  /** Whether Cache-Control of requests is honoured. */
  readonly clientDirectives: 'honour' | 'ignore';
  /** Requests with cookies that are not in the key. */
  readonly cookies: 'bypass' | 'strip' | 'forward';
  /** Request headers that are not in the key, beyond those by which content is negotiated: left out of what goes upstream, or not. */
  readonly unkeyedHeaders: 'strip' | 'forward';
  /** Replies with Set-Cookie: not kept; kept without it; kept as they are. */
  readonly setCookie: 'pass' | 'strip' | 'store';
  /** How long one request waits for another's fetch of the same; then it fetches by itself. */
  readonly collapseMs: number;
  /** How long it is remembered that a reply may not be kept. */
  readonly passMs: number;
  /** Variants (Vary) of one key at most. */
  readonly variantsMax: number;
  /** Reply fields that name tags, lower case; they do not reach clients. */
  readonly tagFields: readonly string[];
  /** Whether replies say what the cache did (RFC 9211). */
  readonly status: boolean;
  /** Files that were pushed (`sluice cache push`) answer before anything else does. */
  readonly isPushed: boolean;
  readonly shield: CacheShieldPlan | null;
  readonly prerender: CachePrerenderPlan | null;
}

export interface CacheKeyPlan {
  readonly host: boolean;
  readonly query:
    | { readonly kind: 'all' }
    | { readonly kind: 'none' }
    | { readonly kind: 'only' | 'except'; readonly names: readonly string[] };
  /** Parameters are ordered by name, so that their order does not matter. */
  readonly isSorted: boolean;
  /** Lower case. */
  readonly headers: readonly string[];
  readonly cookies: readonly string[];
}

/** Nodes that share the work: each key is fetched from the origin by one of them, its owner, and the others ask that one. */
export interface CacheShieldPlan {
  /** Its endpoints are the nodes, this one among them. */
  readonly service: string;
  /** This node's address, as the service has it. */
  readonly self: string;
  /** Secrets that nodes prove themselves with: the first signs, all verify. */
  readonly secrets: readonly string[];
}

/** Pages that are fetched ahead of need. */
export interface CachePrerenderPlan {
  readonly scheme: 'http' | 'https';
  /** As clients ask for it, in lower case; with its port where that is not the scheme's own. */
  readonly host: string;
  /** Paths with their queries. */
  readonly paths: readonly string[];
  readonly everyMs: number;
  readonly concurrency: number;
}
