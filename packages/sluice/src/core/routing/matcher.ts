/**
 * What a route looks for and what a request offers: the narrow shapes between the router and its surroundings. The compiled
 * configuration's routes satisfy `RouteMatcher`, the gateway's exchange `RouteRequest`.
 */
import type { FieldCondition, RouteClient } from './fields.ts';

export type PathCondition =
  | { readonly kind: 'exact'; readonly path: string }
  /** Matches `path` and everything under `path/`; `""` matches all. */
  | { readonly kind: 'prefix'; readonly path: string }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'regex'; readonly source: string };

/** When a route applies. */
export interface RouteMatcher {
  /** Listener names; empty means all. */
  readonly listeners: readonly string[];
  /** Higher first, before specificity. */
  readonly priority: number;
  /** `example.com` or `*.example.com` (one label or more before it); empty means any. */
  readonly hosts: readonly string[];
  readonly path: PathCondition;
  /** Upper case; empty means any. */
  readonly methods: readonly string[];
  readonly headers: readonly FieldCondition[];
  readonly cookies: readonly FieldCondition[];
  readonly query: readonly FieldCondition[];
  /** On the client's certificate: `subject`, `san` (one of its names), `fingerprint`. Who shows none matches none. */
  readonly client?: readonly FieldCondition[];
}

/** What is matched: canonical values only (see `normalizeHost`, `normalizePath`). */
export interface RouteRequest {
  readonly method: string;
  /** Without port. */
  readonly host: string;
  /** `*` for asterisk-form. */
  readonly path: string;
  /** Without its `?`; null when there is none. */
  readonly query: string | null;
  /** The value of a field, repeated ones joined by `, ` (cookies by `; `), or null. @param name Lower case. */
  header(name: string): string | null;
  /** Null or left out: none was shown. */
  readonly client?: RouteClient | null;
}
