/** Services and their endpoints as the planes run them. Part of the Plan (`plan.ts`), with its units and its promises. */
import type { Algorithm } from '../core/balancing/algorithm.ts';
import type { ParkingPlan } from './fleet-plan.ts';
import type { AddressPlan, Http1Limits } from './listener-plan.ts';
import type { UpstreamTlsPlan } from './tls-plan.ts';

export interface ServicePlan {
  readonly name: string;
  readonly endpoints: readonly EndpointPlan[];
  readonly balance: BalancePlan;
  readonly affinity: AffinityPlan | null;
  readonly health: HealthPlan | null;
  readonly outlier: OutlierPlan | null;
  readonly pool: PoolPlan;
  /** What the endpoints speak. `auto`: by ALPN (TLS only). */
  readonly protocol: 'http1' | 'http2' | 'auto';
  /** TLS to the endpoints; null: in the clear. */
  readonly tls: UpstreamTlsPlan | null;
  /** Layer 4 only: the header that tells endpoints about the client. */
  readonly proxyProtocol: 'v1' | 'v2' | null;
  readonly retry: RetryPlan;
  readonly hedge: HedgePlan | null;
  readonly limits: LimitsPlan;
  /** Ramp for endpoints that come (back) while the service runs; 0 = off. Default 0. */
  readonly slowStartMs: number;
  /** Below this share of healthy endpoints health is ignored (Envoy: 0.5). 0 = never. Default 0.5. */
  readonly panicThreshold: number;
  /** How long a removed or drained endpoint may finish. Default 30 s. */
  readonly drainTimeoutMs: number;
  /** Where Sluice itself runs the instances: requests wait for one, within these bounds over all workers, when none can take them. Null: they are refused. */
  readonly parking: ParkingPlan | null;
  /** Whether what applications report of themselves (ORCA) is noted: a scaling policy reads it. Balancing that needs reports has them in any case. */
  readonly readsReports: boolean;
  /** Requests are held back, and wait like those that find no instance (`sluice pause`). Default false. */
  readonly isPaused: boolean;
  /** Shares 0..1 of the requests by the endpoints' `version`, while one takes another's place; null: versions do not matter. */
  readonly split: Readonly<Record<string, number>> | null;
}

export interface EndpointPlan {
  /** Canonical text, unique in its service: `127.0.0.1:3001`, `[::1]:3001`, `name.example:80` or `unix:/path`. Hashing, metrics and the admin API use it. */
  readonly address: string;
  readonly target: AddressPlan;
  /** 0–256, default 1; 0 drains. */
  readonly weight: number;
  /** 0 is used first; the next level takes what the ones before it cannot (Envoy's priority spill). */
  readonly priority: number;
  /** Requests in flight at most, over all workers; 0 = no bound. Default 0. */
  readonly requestsMax: number;
  /** What runs there, where the fleet runs it; '' elsewhere. */
  readonly version: string;
}

export interface BalancePlan {
  readonly algorithm: Algorithm;
  /** For `hash`. */
  readonly hashOn: { readonly source: 'uri' | 'header' | 'cookie' | 'query'; readonly name: string };
  readonly hashTable: 'maglev' | 'ketama' | 'rendezvous';
  /** Bounded load (CHBL): no endpoint above this multiple of the mean; 0 = unbounded. 1.25 is common. */
  readonly loadFactor: number;
  /** For `resource`: shares 0..1 above which an endpoint is left out while another is below. 1 = off. */
  readonly maxCpu: number;
  readonly maxMemory: number;
  /** For `resource` and `prequal`: HAProxy agent-check to poll; null = ORCA headers only. */
  readonly agent: { readonly port: number; readonly intervalMs: number; readonly timeoutMs: number } | null;
  /** For `peak-ewma` and the latency averages: time constant. Default 10 s. */
  readonly decayMs: number;
}

export interface AffinityPlan {
  readonly kind: 'cookie' | 'app-cookie' | 'header' | 'ip';
  /** Cookie or header name. */
  readonly name: string;
  /** For `cookie`. Keys for HMAC-SHA-256; the first signs, all verify. Never logged. */
  readonly secrets: readonly string[];
  /** Attributes of the inserted cookie. */
  readonly maxAgeSeconds: number | null;
  readonly path: string;
  readonly domain: string | null;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: 'strict' | 'lax' | 'none';
  /** For `app-cookie`, `header` and `ip`: entries of the table, and their life after last use. */
  readonly entriesMax: number;
  readonly ttlMs: number;
}

export interface HealthPlan {
  readonly check:
    | {
        readonly kind: 'http';
        readonly method: string;
        readonly path: string;
        readonly host: string | null;
        readonly headers: readonly (readonly [string, string])[];
        /** Inclusive ranges; default 200–399. */
        readonly statuses: readonly (readonly [number, number])[];
        /** Text that the first 64 KiB of the body must contain; null = any. */
        readonly body: string | null;
      }
    | { readonly kind: 'tcp' }
    /** `grpc.health.v1`: SERVING is healthy. An empty name asks about the server as a whole. */
    | { readonly kind: 'grpc'; readonly service: string }
    /** Exit 0 is healthy. Gets SLUICE_SERVICE, SLUICE_ENDPOINT, SLUICE_HOST and SLUICE_PORT. No shell. */
    | { readonly kind: 'command'; readonly command: readonly string[] };
  /** Port to probe instead of the endpoint's; null = its own. */
  readonly port: number | null;
  readonly intervalMs: number;
  /** Used while a change is being confirmed. */
  readonly fastIntervalMs: number;
  readonly timeoutMs: number;
  /** Each wait is interval × (1 ± jitter). */
  readonly jitter: number;
  /** Successes in a row that bring an endpoint up; failures in a row that take it down. */
  readonly rise: number;
  readonly fall: number;
  readonly initial: 'up' | 'down';
}

/** Envoy's outlier rules; a consecutive count of 0 turns that rule off. */
export interface OutlierPlan {
  readonly consecutive5xx: number;
  readonly consecutiveGatewayErrors: number;
  readonly consecutiveLocalErrors: number;
  readonly intervalMs: number;
  readonly baseEjectionMs: number;
  readonly maxEjectionMs: number;
  /** Share 0..1 of the endpoints that may be ejected at once; at least one may. */
  readonly maxEjectedShare: number;
  readonly successRate: { readonly minimumHosts: number; readonly requestVolume: number; readonly stdevFactor: number } | null;
  /** Ejects an endpoint whose mean latency is above factor × the median of its peers'; null = off. */
  readonly latency: { readonly minimumHosts: number; readonly requestVolume: number; readonly factor: number } | null;
}

/** Per endpoint and worker, unless said otherwise. */
export interface PoolPlan {
  /** Default 10,000. */
  readonly connectionsMax: number;
  /** Requests that may wait for a connection, per service and worker. */
  readonly waitingMax: number;
  readonly waitTimeoutMs: number;
  readonly idleMax: number;
  readonly idleTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Silence of an upstream in the middle of a body. */
  readonly bodyIdleMs: number;
  /** Bounds on upstream heads. */
  readonly http1: Http1Limits;
  /** For HTTP/2: connections per endpoint and worker, and streams on each (at most what the endpoint allows). Defaults 4 and 100. */
  readonly http2: { readonly connectionsMax: number; readonly streamsMax: number };
}

export type RetryOn =
  | 'connect'
  | 'reset'
  | 'timeout'
  | '502'
  | '503'
  | '504'
  | '5xx'
  | '429'
  | 'grpc-cancelled'
  | 'grpc-deadline-exceeded'
  | 'grpc-internal'
  | 'grpc-resource-exhausted'
  | 'grpc-unavailable';

export interface RetryPlan {
  /** Attempts in all, the first included. Default 2. */
  readonly attempts: number;
  readonly on: readonly RetryOn[];
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** Share of requests that may be retries (0.2), plus `budgetMinPerSecond`, over all workers. */
  readonly budgetShare: number;
  readonly budgetMinPerSecond: number;
}

/** A second copy of an idempotent request when the first is slower than this percentile of the service's latency. */
export interface HedgePlan {
  readonly percentile: number;
  readonly delayMinMs: number;
  /** Share of requests that may be hedged. */
  readonly budgetShare: number;
}

/** Bounds of a service over all workers. 0 = no bound. */
export interface LimitsPlan {
  readonly requestsMax: number;
  readonly connectionsMax: number;
  readonly retriesMax: number;
  /** Opens after this failure share over `windowMs` (Hystrix); null = never. */
  readonly breaker: {
    readonly failureShare: number;
    readonly requestVolume: number;
    readonly windowMs: number;
    readonly openMs: number;
    readonly trialRequests: number;
  } | null;
  /** Adaptive concurrency (Netflix Gradient2); null = off. */
  readonly adaptive: { readonly initial: number; readonly min: number; readonly max: number } | null;
  /** Requests that may wait, per worker, when a limit is reached, and for how long; 0 sheds at once. */
  readonly queueMax: number;
  readonly queueTimeoutMs: number;
  /** Seconds in the Retry-After of a shed request. */
  readonly retryAfterSeconds: number;
  /** Whether a route of high priority leads here: then the last 5 % of a bound are kept for it. */
  readonly hasHighPriority: boolean;
}
