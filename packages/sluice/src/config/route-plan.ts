/** Routes as the data planes run them: what they match, and what becomes of the request. Part of the Plan (`plan.ts`), with its units and its promises. */

import type { FilterPlan } from './filter-plan.ts';

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
  /** What is done to requests besides forwarding them, as written; a worker runs them in the pipeline's order unless `keepsFilterOrder`. */
  readonly filters: readonly FilterPlan[];
  readonly keepsFilterOrder: boolean;
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
