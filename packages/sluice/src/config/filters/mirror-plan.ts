/** Options of `mirror`: copies of requests to another service, whose replies nobody sees. */
export interface MirrorPlan {
  /** Name of a service. */
  readonly to: string;
  /** Of requests, 0..1. */
  readonly share: number;
  /** Content that is copied; requests with more are not. */
  readonly bodyBytesMax: number;
  /** Copies under way at a time in a worker; more are not made. */
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** Header that says of a copy that it is one. */
  readonly header: string;
  /** Lower-case names of headers that copies do not have. */
  readonly removes: readonly string[];
}
