/** Options of `requestId`: a name for each request, in the access log, to the service and in the reply. */
export interface RequestIdPlan {
  /** Name of the header, as to be sent. */
  readonly header: string;
  /** Whose ids are kept: those of trusted proxies, of anybody, of nobody. */
  readonly accept: 'trusted' | 'any' | 'none';
  readonly format: 'uuid7' | 'uuid4' | 'hex' | 'short';
  /** The reply says it, too. */
  readonly echo: boolean;
}
