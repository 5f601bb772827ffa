/** Whoever decides how many instances a simulated service has: Sluice's scaler, and models of those of others. */
export interface Autoscaler {
  readonly name: string;
  /** Between two decisions. */
  readonly periodMs: number;
  /** @returns Instances that are to be there from now on; the simulation keeps it within its bounds. */
  decide(view: ServiceView): number;
}

/** What can be seen of a simulated service. */
export interface ServiceView {
  readonly nowMs: number;
  /** Asked for. */
  readonly wanted: number;
  /** Take requests. */
  readonly ready: number;
  readonly starting: number;
  /** Requests in service and waiting, at this moment. */
  readonly concurrency: number;
  /** The same over time: request-seconds since the start. Differences over a span make its mean. */
  readonly concurrencySeconds: number;
  /** Request-seconds in service since the start, waiting ones left out: what CPU use is. */
  readonly busySeconds: number;
  /** Requests that came since the start. */
  readonly arrivals: number;
}
