/** What the admin API needs to show what happens: the control plane plugs in here. Streams end when their signal aborts. */
import type { EventSettings } from '../config/observe-plan.ts';
import type { TailFilter } from '../config/worker-protocol.ts';
import type { EventQuery } from '../control/observing/event-log.ts';
import type { AlertRuleStatus, AlertStatus, SilenceStatus } from '../observe/alert-status.ts';
import type { EventEntry } from '../observe/event-entry.ts';
import type { PlanRecord } from '../observe/plan-record.ts';
import type { ReloadResult } from './reload-result.ts';
import type { TrafficSeries, TrafficSnapshot } from '../observe/traffic.ts';

/** `control/observing/event-log.ts` is it. */
export interface EventBackend {
  /** The youngest first. `isGap`: some after `after` are not kept any more. */
  list(query: EventQuery): { readonly entries: readonly EventEntry[]; readonly isGap: boolean };
  /** Each later one, the oldest first. */
  follow(after: number, signal: AbortSignal): AsyncIterable<EventEntry>;
  readonly level: EventSettings['level'];
  /** What is printed from now on; until the next reload that says otherwise. */
  setLevel(level: EventSettings['level']): void;
}

/** `control/observing/traffic-history.ts` is it. */
export interface TrafficBackend {
  now(): TrafficSnapshot;
  /** Each second, from now on. */
  follow(signal: AbortSignal): AsyncIterable<TrafficSnapshot>;
  /** @param service Null: all listeners together. @returns Null: there is no such service. */
  series(service: string | null, seconds: number): TrafficSeries | null;
}

/** `control/observing/access-tail.ts` is it. */
export interface AccessBackend {
  /** JSON lines as the access log has them, whether or not there is one; `{"skipped":n}` where there were more. */
  follow(query: TailFilter, signal: AbortSignal): AsyncIterable<string>;
}

/** `control/alerting/alert-loop.ts` is it. */
export interface AlertBackend {
  list(): readonly AlertStatus[];
  rules(): readonly AlertRuleStatus[];
  silences(): readonly SilenceStatus[];
  silence(match: Readonly<Record<string, string>>, forMs: number, by: string, comment: string): SilenceStatus;
  /** @returns False: there is no such silence. */
  unsilence(id: string): boolean;
  /** Sends a test alert. @param sink Null: to all. @returns What came of each; null: there is no such sink. */
  test(sink: string | null): Promise<readonly { readonly sink: string; readonly problem: string | null }[] | null>;
}

/** `control/observing/plan-history.ts` is it. */
export interface PlanBackend {
  /** What runs, without secrets: any JSON. */
  current(): { readonly generation: number; readonly plan: unknown };
  /** The youngest first. */
  history(): readonly PlanRecord[];
  /** One of them; null: it is not kept. */
  get(generation: number): unknown;
  /** In words, and the JSON lines that differ (unified diff); null: one of them is not kept. */
  diff(from: number, to: number): { readonly changes: readonly string[]; readonly diff: string } | null;
  /** Brings one back: as a new generation, until the next reload. */
  rollback(generation: number, by: string): Promise<ReloadResult | 'unknown'>;
}

/** All of it. */
export interface ObserveBackend {
  readonly events: EventBackend;
  readonly traffic: TrafficBackend;
  readonly access: AccessBackend;
  readonly alerts: AlertBackend;
  readonly plans: PlanBackend;
}
