/** What the admin API asks of the fleet. `control/fleet/fleet.ts` is behind it. */
import type { Decision } from '../core/scaling/decision.ts';
import type { DeployPlan } from '../config/fleet-plan.ts';
import type { FleetServiceStatus } from '../observe/fleet-status.ts';

/** What was asked for is under way, or why not: `unknown` names things that do not exist (404), `refused` says what stands against it (409). */
export type FleetResult =
  | { readonly result: 'ok'; readonly detail: string }
  | { readonly result: 'unknown'; readonly problem: string }
  | { readonly result: 'refused'; readonly problem: string };

/** What changes with a deploy; what is left out stays. */
export interface DeployRequest {
  readonly command?: readonly string[];
  readonly image?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Name of the version; made up (`v2`) unless given. */
  readonly version?: string;
  readonly strategy?: DeployPlan['strategy'];
}

export interface LogLine {
  readonly instance: string;
  readonly stream: 'stdout' | 'stderr';
  /** Wall milliseconds. */
  readonly at: number;
  readonly text: string;
}

export interface FleetBackend {
  status(): readonly FleetServiceStatus[];
  scale(service: string, count: number | 'auto'): FleetResult;
  deploy(service: string, request: DeployRequest): FleetResult;
  rollback(service: string): FleetResult;
  /** A deploy that waits goes on to its next step. */
  promote(service: string): FleetResult;
  /** Requests are held back, at most `deadlineMs` from now (null: the service's parking wait); then they go on by themselves. */
  pause(service: string, deadlineMs: number | null): FleetResult;
  resume(service: string): FleetResult;
  protect(service: string, instance: string, isProtected: boolean): FleetResult;
  /** Newest first. */
  decisions(service: string, limit: number): { readonly result: 'ok'; readonly decisions: readonly Decision[] } | FleetResult;
  /** The last lines of one instance or all; then, while `follow`, each new one until `signal` aborts. */
  logs(
    service: string,
    options: { readonly instance: string | null; readonly lines: number; readonly follow: boolean; readonly signal: AbortSignal },
  ): AsyncIterable<LogLine> | FleetResult;
}
