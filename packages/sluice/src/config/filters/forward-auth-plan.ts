/** Options of `forwardAuth`: who is asked about each request, with what, and what becomes of the answer. Durations in milliseconds. */
export interface ForwardAuthPlan {
  readonly url: string;
  /** Headers of the request that go along, lower case. */
  readonly requestHeaders: readonly string[];
  /** Headers of a good answer that go on to the service, as they are to be sent; clients cannot send them. */
  readonly replyHeaders: readonly string[];
  /** Headers of a good answer that the client gets with its reply, lower case. */
  readonly clientHeaders: readonly string[];
  /** Of the whole question. */
  readonly timeoutMs: number;
  /** What a request gets of which nobody can say: it passes, or 503. */
  readonly without: 'open' | 'closed';
  /** Questions at a time, in each worker; more wait. */
  readonly concurrency: number;
  /** How long a good answer holds for the same credentials; null: every request is asked about. */
  readonly cache: { readonly ttlMs: number; readonly headers: readonly string[]; readonly isPerUrl: boolean } | null;
}
