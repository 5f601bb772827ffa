/** What bounds each service now, as `GET /api/limits` shows it. Plain JSON; 0 means: no bound. */

export interface LimitsStatus {
  readonly service: string;
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** Failures as the breaker counts them, since the start; and of how many. */
  readonly failed: number;
  readonly ended: number;
  readonly inflight: number;
  /** As configured, and as it is now: less where adaptive concurrency has lowered it. */
  readonly requestsMax: number;
  readonly concurrencyLimit: number;
  readonly isAdaptive: boolean;
  readonly connections: number;
  readonly connectionsMax: number;
  /** Requests that wait for room, and how many may, in each worker. */
  readonly queued: number;
  readonly queueMax: number;
  /** Requests that wait for an instance, and bytes that they hold. */
  readonly parked: number;
  readonly parkedBytes: number;
  /** Refused for overload since the start. */
  readonly shed: number;
  readonly retriesInflight: number;
  readonly retriesMax: number;
  /** Retries, and hedges, that the budgets cover now. Hedges: null where none are configured. */
  readonly retryBudget: number;
  readonly hedgeBudget: number | null;
}
