/**
 * The Plan: what the data planes run. Validated, complete (every default filled in), immutable and plain (it crosses to the
 * worker threads by structured clone). Durations are milliseconds, sizes bytes, unless a name says otherwise.
 * `config/compile.ts` makes it from a validated configuration; nothing else does. Its parts stand in files of their own and are had from here.
 */
import type { AddressPlan, ListenerPlan } from './listener-plan.ts';
import type { CacheStorePlan, StorePlan } from './cache-store-plan.ts';
import type { TracingPlan } from './observe-plan.ts';
import type { MemoryPlan } from './memory-plan.ts';
import type { RoutePlan } from './route-plan.ts';
import type { ServicePlan } from './service-plan.ts';

export type * from './listener-plan.ts';
export type * from './cache-store-plan.ts';
export type * from './memory-plan.ts';
export type * from './route-plan.ts';
export type * from './service-plan.ts';

/** Everything, compiled. */
export interface Plan {
  /** Rises by one with each applied change. */
  readonly generation: number;
  readonly listeners: readonly ListenerPlan[];
  readonly services: readonly ServicePlan[];
  /** In configuration order; the router orders them by priority and specificity. */
  readonly routes: readonly RoutePlan[];
  readonly caches: readonly CacheStorePlan[];
  readonly stores: readonly StorePlan[];
  /** Memory that all workers share for filters; the control plane makes it. */
  readonly memories: readonly MemoryPlan[];
  /** Host part and port, or `unix:/path`; null when the admin API is off. */
  readonly admin: AddressPlan | null;
  readonly accessLog: AccessLogPlan | null;
  /** Null: no traces. */
  readonly tracing: TracingPlan | null;
  /** What the control plane wants answered for an ACME server. */
  readonly acmeChallenges: AcmeChallengesPlan;
  /** Data-plane threads. */
  readonly workers: number;
  /** How long connections may finish after SIGTERM or a listener's removal. Default 30 s. */
  readonly drainTimeoutMs: number;
}

/** Proofs for an ACME server (RFC 8555 §8.3, RFC 8737), while an order is under way. */
export interface AcmeChallengesPlan {
  /** `/.well-known/acme-challenge/TOKEN` is answered with the key authorization by every listener in the clear. */
  readonly http: readonly { readonly token: string; readonly keyAuthorization: string }[];
  /** Certificates for hellos with ALPN `acme-tls/1`. */
  readonly tls: readonly { readonly name: string; readonly certPem: string; readonly keyPem: string }[];
}

/** Nothing is being proved. */
export const NO_CHALLENGES: AcmeChallengesPlan = { http: [], tls: [] };

export interface AccessLogPlan {
  readonly format: 'json' | 'combined';
  /** `stdout` or a file's path, reopened on SIGUSR1. */
  readonly target: string;
  /** Share 0..1 of exchanges that are logged; errors (5xx and cut ones) always are. */
  readonly sample: number;
  /** Whether query strings, which may hold tokens, are logged. Default true. */
  readonly query: boolean;
}
