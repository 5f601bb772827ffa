/**
 * The Plan: what the data planes run. Validated, complete (every default filled in), immutable and plain (it crosses to the
 * worker threads by structured clone). Durations are milliseconds, sizes bytes, unless a name says otherwise.
 * `config/compile.ts` makes it from a validated configuration; nothing else does.
 */
import type { Algorithm } from '../core/balancing/algorithm.ts';
import type { TlsPlan, UpstreamTlsPlan } from './tls-plan.ts';

/** Everything, compiled. */
export interface Plan {
  /** Rises by one with each applied change. */
  readonly generation: number;
  readonly listeners: readonly ListenerPlan[];
  readonly services: readonly ServicePlan[];
  /** In configuration order; the router orders them by priority and specificity. */
  readonly routes: readonly RoutePlan[];
  /** Host part and port, or `unix:/path`; null when the admin API is off. */
  readonly admin: AddressPlan | null;
  readonly accessLog: AccessLogPlan | null;
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

/** A TCP address or a unix socket path. */
export type AddressPlan =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** An address that accepts connections, datagrams or requests. */
export type ListenerPlan = HttpListenerPlan | StreamListenerPlan | DatagramListenerPlan;

/** HTTP/1.1 and HTTP/2, in the clear or behind TLS. */
export interface HttpListenerPlan {
  readonly kind: 'http';
  readonly name: string;
  readonly address: AddressPlan;
  /** Null: in the clear. */
  readonly tls: TlsPlan | null;
  readonly proxyProtocol: ProxyProtocolPlan | null;
  readonly http1: Http1Limits;
  /** Null: HTTP/1 only. Behind TLS it is agreed on by ALPN, in the clear by prior knowledge. */
  readonly http2: Http2Plan | null;
  readonly timeouts: DownstreamTimeouts;
  readonly forwarding: ForwardingPlan;
  /** Connections per listener and worker; more are closed at once and counted. Default 10,000. */
  readonly connectionsMax: number;
  /** Joins `//` in paths into `/`. Default false. */
  readonly mergeSlashes: boolean;
  /** What to do with `%2F` and `%5C` in a path: `reject` (400, default) or `keep` them as they are. */
  readonly encodedSlashes: 'reject' | 'keep';
  /** Every request is sent to the same place under https; ACME challenges are answered first. Null: none. */
  readonly redirectToHttps: { readonly status: 301 | 302 | 307 | 308; readonly port: number } | null;
}

/** Layer 4: connections are passed on as they are, or behind TLS that ends here. */
export interface StreamListenerPlan {
  readonly kind: 'stream';
  readonly name: string;
  readonly address: AddressPlan;
  /** TLS that ends here; null: bytes are passed on as they come. */
  readonly tls: TlsPlan | null;
  /** Whether the TLS hello is read to route by its server name (without ending TLS here). */
  readonly readsServerName: boolean;
  readonly proxyProtocol: ProxyProtocolPlan | null;
  /** In order; without `readsServerName` or `tls` there is one, for any name. */
  readonly targets: readonly StreamTarget[];
  /** `kernel`: nftables rules, written by the control plane; the workers do not listen. */
  readonly engine: 'user' | 'kernel';
  /** Null: engine `user`. */
  readonly kernel: KernelPlan | null;
  readonly timeouts: StreamTimeouts;
  readonly connectionsMax: number;
  /** Connections at once from one source address, per worker; 0 = no bound. */
  readonly connectionsPerSourceMax: number;
}

/** UDP: datagrams of one source go to one endpoint until the session is silent for long. */
export interface DatagramListenerPlan {
  readonly kind: 'datagram';
  readonly name: string;
  readonly address: AddressPlan;
  readonly targets: readonly StreamTarget[];
  readonly engine: 'user' | 'kernel';
  /** Null: engine `user`. */
  readonly kernel: KernelPlan | null;
  /** Silence after which a session is forgotten. Default 30 s. */
  readonly sessionMs: number;
  /** Sessions per worker. */
  readonly sessionsMax: number;
  /** Sessions at once from one source address, per worker; 0 = no bound. */
  readonly sessionsPerSourceMax: number;
  /** Answers after which a session ends at once (1 for DNS); 0 = none. */
  readonly answersMax: number;
}

/** What only the kernel has to know. */
export interface KernelPlan {
  /** The nftables table is `sluice_NAME`; the same for all listeners. */
  readonly table: string;
  /** Whose address endpoints see: `always` ours, `never` the client's, `auto` the client's where replies find back. */
  readonly masquerade: 'auto' | 'always' | 'never';
  /** What happens to the connections of an endpoint that goes down. */
  readonly onDown: 'keep' | 'cut';
}

/** Where connections go. */
export interface StreamTarget {
  /** Lower case; `example.com` or `*.example.com`; empty means any, also none. */
  readonly serverNames: readonly string[];
  readonly services: readonly { readonly service: string; readonly weight: number }[];
}

export interface StreamTimeouts {
  /** For the PROXY header, the TLS hello and the handshake together. Default 10 s. */
  readonly handshakeMs: number;
  /** Silence both ways. Default 1 h. */
  readonly idleMs: number;
  /** Silence once one side has ended. Default 30 s. */
  readonly halfClosedMs: number;
}

/** The PROXY protocol is expected of these peers, and of no one else. */
export interface ProxyProtocolPlan {
  /** CIDRs; a connection from elsewhere is refused. */
  readonly trusted: readonly string[];
  readonly version: 'v1' | 'v2' | 'any';
  /** For the header to come. Default 5 s. */
  readonly timeoutMs: number;
}

export interface Http2Plan {
  /** Streams of one connection at once. Default 100. */
  readonly streamsMax: number;
  /** Receive windows: how much content a client may send ahead. Defaults 256 KiB and 1 MiB. */
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
}

/** RFC 9112 leaves limits to us; each is answered with 414 or 431 and a close, never by cutting. */
export interface Http1Limits {
  /** Method, target, version and CRLF. Default 8 KiB. */
  readonly requestLineBytesMax: number;
  /** All field lines together, CRLFs included. Default 32 KiB. */
  readonly headerBytesMax: number;
  /** Field lines. Default 100. */
  readonly headersMax: number;
  /** All trailer field lines together. Default 8 KiB. */
  readonly trailerBytesMax: number;
  /** Chunk extensions of one message together (they are dropped). Default 4 KiB. */
  readonly chunkExtensionBytesMax: number;
}

export interface DownstreamTimeouts {
  /** From the first byte of a request (or the accept) to the end of its head. Absolute. Default 10 s. */
  readonly headerMs: number;
  /** Between two requests of a connection. Default 75 s. */
  readonly keepAliveMs: number;
  /** Between two reads of a request body, or two writes that make progress on a reply. Default 30 s. */
  readonly bodyIdleMs: number;
  /** Below this mean rate, after `bodyGraceMs`, a request body is too slow. 0 = off. Default 240 bytes/s. */
  readonly bodyRateMin: number;
  readonly bodyGraceMs: number;
  /** Silence on an upgraded connection, both ways. Default 1 h. */
  readonly upgradeIdleMs: number;
}

export interface ForwardingPlan {
  /** CIDRs whose X-Forwarded-*, Forwarded and X-Request-Id are believed. Default none. */
  readonly trustedProxies: readonly string[];
  /** `x-forwarded` (default), `forwarded` (RFC 7239), `both` or `none`. */
  readonly headers: 'x-forwarded' | 'forwarded' | 'both' | 'none';
  /** Adds `Via: 1.1 NAME` both ways; null adds none. Default `sluice`. */
  readonly via: string | null;
  /** Sets X-Request-Id where a trusted peer sent none. Default true. */
  readonly requestId: boolean;
}

/** One condition on a header, cookie or query parameter. */
export interface FieldMatch {
  /** Lower case for headers; exact for cookies and query parameters. */
  readonly name: string;
  readonly kind: 'present' | 'equal' | 'prefix' | 'regex';
  /** Empty for `present`. */
  readonly value: string;
}

export type PathMatch =
  | { readonly kind: 'exact'; readonly path: string }
  /** `/a/*`: matches `/a` and everything under `/a/`. `path` is stored without the `/*` (`""` for `/*`). */
  | { readonly kind: 'prefix'; readonly path: string }
  /** `/users/:id/orders/:order` or with a trailing `/*`. */
  | { readonly kind: 'pattern'; readonly pattern: string }
  /** Linear-time syntax (RE2), matched against the whole path. */
  | { readonly kind: 'regex'; readonly source: string };

export interface RoutePlan {
  /** Unique; given, or derived from the match. Metrics and logs carry it. */
  readonly name: string;
  /** Listener names; empty means all. */
  readonly listeners: readonly string[];
  /** Higher first; before specificity. Default 0. */
  readonly priority: number;
  /** Lower case; `example.com` or `*.example.com`; empty means any. Ports are ignored. */
  readonly hosts: readonly string[];
  readonly path: PathMatch;
  /** Upper case as sent; empty means any. */
  readonly methods: readonly string[];
  readonly headers: readonly FieldMatch[];
  readonly cookies: readonly FieldMatch[];
  readonly query: readonly FieldMatch[];
  /** Conditions on the client's certificate: `subject`, `san`, `fingerprint`. A client without a verified one matches none. */
  readonly client: readonly FieldMatch[];
  readonly action: RouteAction;
  readonly rewrite: RewritePlan | null;
  readonly timeouts: RouteTimeouts;
  /** Shed first when the service is over its limit: `low` before `normal` before `high`. Default `normal`. */
  readonly shedPriority: 'low' | 'normal' | 'high';
  /** Upgrades (WebSocket) pass through. Default true. */
  readonly upgrade: boolean;
  readonly webSocket: WebSocketPlan;
  /** gRPC-Web requests are translated to gRPC. Default false. */
  readonly grpcWeb: boolean;
}

/** Rules for WebSockets, on top of those for any upgraded connection. */
export interface WebSocketPlan {
  /** Pings both sides when a connection was silent this long; 0 = never. Default 0. */
  readonly pingMs: number;
}

export type RouteAction =
  /** One service is a list of one. Weights are positive and relative. */
  | { readonly kind: 'services'; readonly targets: readonly { readonly service: string; readonly weight: number }[] }
  /** `location` may use `{path}`, `{query}` (with its `?`), `{host}` and pattern parameters `{name}`. */
  | { readonly kind: 'redirect'; readonly status: 301 | 302 | 303 | 307 | 308; readonly location: string }
  | { readonly kind: 'respond'; readonly status: number; readonly headers: readonly (readonly [string, string])[]; readonly body: string };

export interface RewritePlan {
  /** New path; may use pattern parameters `{name}` and `{rest}` (what `*` matched, without a leading slash). Null keeps the path. */
  readonly path: string | null;
  /** Host sent upstream; null keeps the client's. */
  readonly host: string | null;
  readonly requestHeaders: HeaderEdits;
  readonly responseHeaders: HeaderEdits;
}

export interface HeaderEdits {
  /** Replace or add. Names as to be sent. */
  readonly set: readonly (readonly [string, string])[];
  readonly add: readonly (readonly [string, string])[];
  /** Lower case. */
  readonly remove: readonly string[];
}

export interface RouteTimeouts {
  /** From the request's head to the reply's last byte; 0 = none. Default 0. */
  readonly exchangeMs: number;
  /** From the request's last byte (or head, when it waits for 100) to the reply's head. Default 60 s. */
  readonly responseHeaderMs: number;
}

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

export interface AccessLogPlan {
  readonly format: 'json' | 'combined';
  /** `stdout` or a file's path, reopened on SIGUSR1. */
  readonly target: string;
  /** Share 0..1 of exchanges that are logged; errors (5xx and cut ones) always are. */
  readonly sample: number;
  /** Whether query strings, which may hold tokens, are logged. Default true. */
  readonly query: boolean;
}
