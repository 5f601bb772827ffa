/** Options of `fault`: faults on purpose, to see what a system does with them. */
export interface FaultPlan {
  /** Null: none. */
  readonly delay: { readonly ms: number; readonly spreadMs: number; readonly share: number } | null;
  readonly abort: { readonly kind: AbortKind; readonly share: number } | null;
  /** Headers `x-sluice-fault-delay` (milliseconds) and `x-sluice-fault-abort` (a status, or `reset`) ask for faults: of trusted proxies, of anybody, of nobody. */
  readonly header: 'none' | 'trusted' | 'any';
  /** Requests that may be held up at a time in a worker; more go on without a delay. */
  readonly delayedMax: number;
}

/** A status, or the connection is reset. */
export type AbortKind = number | 'reset';
