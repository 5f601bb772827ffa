/**
 * What the main thread needs to show and to tell what happens: the admin API, events, alerts, export. None of it is part of the Plan, but `TracingPlan`, by which workers record.
 * Durations are milliseconds, sizes bytes.
 */
import type { AlertPlan } from './alert-plan.ts';
import type { OtlpPlan } from './otlp-plan.ts';

export type { AlertPlan } from './alert-plan.ts';
export type { OtlpPlan } from './otlp-plan.ts';

export interface ObserveSettings {
  readonly admin: AdminSettings;
  readonly events: EventSettings;
  /** Null: nothing is exported. */
  readonly otlp: OtlpPlan | null;
  readonly alerts: AlertPlan;
}

/** What a token or client certificate may do: look; also operate (scale, drain, purge, deploys of what is configured); everything (reload, deploys of other programs, uploads, tokens). */
export const SCOPES = ['read', 'operate', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export interface AdminSettings {
  /** Bearer token with all rights; null: none. Secret. */
  readonly token: string | null;
  /** Further ones: only their digests are known here. */
  readonly tokens: readonly AdminToken[];
  /** Null: HTTP in the clear. */
  readonly tls: AdminTls | null;
  /** Whether the dashboard's files are served. */
  readonly dashboard: boolean;
  /** Where changes are written down, as JSON lines; null: only in memory. */
  readonly auditFile: string | null;
}

export interface AdminToken {
  /** Who it is, for the audit log. */
  readonly name: string;
  /** SHA-256 of the token, 64 hexadecimal digits. */
  readonly sha256: string;
  readonly scope: Scope;
}

export interface AdminTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** Authority of client certificates; null: none are asked for. */
  readonly clientCaFile: string | null;
  /** Common names of client certificates, and what each may do. Another certificate of the authority may do nothing. */
  readonly clients: readonly { readonly name: string; readonly scope: Scope }[];
}

export const EVENT_LEVELS = ['info', 'warn', 'error'] as const;

export interface EventSettings {
  /** Less than this is not printed; it is kept in memory all the same. */
  readonly level: (typeof EVENT_LEVELS)[number];
  readonly format: 'text' | 'json';
}

/** How workers record traces. Spans go to the control plane in batches, and from there to `otlp`. */
export interface TracingPlan {
  /** Share 0..1 of the traces that begin here and are kept whatever comes of them. */
  readonly sample: number;
  /** Whether the client's word (`sampled` in `traceparent`) counts: kept when it says so, and its trace continued. Off: each exchange begins a trace of its own, and the client's headers are not passed on. */
  readonly trustParent: boolean;
  /** Keeps exchanges that fail (5xx, cut) whatever the share. */
  readonly keepErrors: boolean;
  /** Keeps this share 0..1 of the slowest, per route; 0: none for being slow. */
  readonly keepSlowest: number;
  /** Whether spans are sent anywhere. Where not, none are written: ids go upstream and into the access log, and kept traces show as exemplars. */
  readonly isExported: boolean;
}

export const NO_ALERTS: AlertPlan = { everyMs: 10_000, rules: [], slos: [], sinks: [], group: { by: [], waitMs: 0, repeatMs: 0 } };

export const NO_OBSERVE: ObserveSettings = {
  admin: { token: null, tokens: [], tls: null, dashboard: true, auditFile: null },
  events: { level: 'info', format: 'text' },
  otlp: null,
  alerts: NO_ALERTS,
};
