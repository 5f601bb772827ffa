/**
 * What the admin API needs of the rest: the control plane plugs in here. Kept narrow, so that the API can be tested without a gateway
 * and the gateway runs without an API.
 */
import type { LimitsStatus } from '../observe/limits-status.ts';
import type { Status } from '../observe/status.ts';
import type { CacheBackend } from './cache-backend.ts';
import type { FleetBackend } from './fleet-backend.ts';
import type { ObserveBackend } from './observe-backend.ts';
import type { ReloadResult } from './reload-result.ts';

export type { ReloadResult } from './reload-result.ts';

export interface AdminBackend {
  /** `ready` once the workers accept connections, `draining` after SIGTERM. */
  health(): 'ready' | 'starting' | 'draining';
  status(): Status;
  /** The metrics in the form that a client's Accept field prefers. @param accept '' when absent. */
  metrics(accept: string): { readonly type: string; readonly body: string };
  /** Reads the configuration anew and applies what differs, for `by` (`api:NAME`); resolves when every worker runs it. */
  reload(by: string): Promise<ReloadResult>;
  /**
   * Takes an endpoint out for good; resolves when nothing is in flight to it, or at the deadline.
   * @param deadlineMs null: the service's own.
   */
  drain(service: string, address: string, deadlineMs: number | null): Promise<DrainResult>;
  /** Brings a drained endpoint back into use. */
  undrain(service: string, address: string): UndrainResult;
  explain(request: ExplainRequest): ExplainResult;
  /** What bounds each service now. */
  limits(): readonly LimitsStatus[];
  readonly fleet: FleetBackend;
  readonly caches: CacheBackend;
  readonly observe: ObserveBackend;
}

export type DrainResult =
  | { readonly result: 'drained'; readonly tookMs: number }
  /** The endpoint gets nothing new, but this much had not finished. */
  | { readonly result: 'deadline'; readonly tookMs: number; readonly inflight: number }
  /** Somebody brought it back into use in the meantime. */
  | { readonly result: 'undrained'; readonly tookMs: number }
  | UnknownEndpoint;

export type UndrainResult = { readonly result: 'undrained' | 'not-drained' } | UnknownEndpoint;

/** No such service or endpoint; says which, and what there is. */
export interface UnknownEndpoint {
  readonly result: 'unknown';
  readonly problem: string;
}

export interface ExplainRequest {
  readonly method: string;
  /** Absolute (`http://shop.example/a?b`) or a path (`/a?b`). */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** null: the first listener. */
  readonly listener: string | null;
}

export type ExplainResult = Explained | { readonly ok: false; readonly problem: string };

export interface Explained {
  readonly ok: true;
  readonly listener: string;
  readonly method: string;
  readonly host: string;
  /** Normalised, as it is matched and forwarded. */
  readonly path: string;
  /** In the order in which the router looks at them. */
  readonly routes: readonly ExplainedRoute[];
  /** Routes that are not listed. */
  readonly omitted: number;
  /** What the chosen route does, in words; null when none matches (404). */
  readonly action: string | null;
  /** Kinds of its filters, in the order in which they run. */
  readonly filters: readonly string[];
  readonly services: readonly ExplainedService[];
}

export interface ExplainedRoute {
  readonly name: string;
  readonly verdict: 'chosen' | 'matches' | 'differs';
  readonly reason: string;
}

export interface ExplainedService {
  readonly name: string;
  /** Share 0..1 of the route's requests. */
  readonly share: number;
  readonly balance: string;
  /** What else decides: affinity, hashing, panic; null when nothing does. */
  readonly note: string | null;
  readonly endpoints: readonly ExplainedEndpoint[];
}

export interface ExplainedEndpoint {
  readonly address: string;
  readonly state: string;
  /** Share 0..1 of the service's requests by weight; 0 = cannot be picked now. */
  readonly share: number;
  /** Why it cannot be picked, or null. */
  readonly reason: string | null;
}
