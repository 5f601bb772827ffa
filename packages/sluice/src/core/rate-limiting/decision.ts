/** What a limit says about one request. */
export interface RateDecision {
  readonly allowed: boolean;
  /** Units that a key which was idle may use at once. */
  readonly limit: number;
  /** Units left now, whole ones; 0 when refused. */
  readonly remaining: number;
  /** Until all of `limit` is there again if nothing more comes; 0 = now. */
  readonly resetMs: number;
  /** Until a request of this cost would be let in if nothing else comes; 0 when it was. Infinity: never, it asks for more than the limit. */
  readonly retryAfterMs: number;
}
