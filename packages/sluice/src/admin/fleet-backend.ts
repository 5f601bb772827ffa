/** What the admin API asks of the fleet. `control/fleet/fleet.ts` is behind it. */
import type { Decision } from '../core/scaling/decision.ts';
import type { DeployRequest, FleetResult, LogLine, LogQuery } from '../control/fleet/fleet-request.ts';
import type { FleetServiceStatus } from '../observe/fleet-status.ts';

export type { DeployRequest, FleetResult, LogLine } from '../control/fleet/fleet-request.ts';

export interface FleetBackend {
  status(): readonly FleetServiceStatus[];
  scale(service: string, count: number | 'auto'): FleetResult;
  deploy(service: string, request: DeployRequest): FleetResult;
  rollback(service: string): FleetResult;
  /** A deploy that waits goes on to its next step. */
  promote(service: string): FleetResult;
  /** A deploy stops where it is, with the share that the new version has. */
  holdDeploy(service: string): FleetResult;
  /** A deploy that was stopped goes on. */
  continueDeploy(service: string): FleetResult;
  /** Requests are held back, at most `deadlineMs` from now (null: the service's parking wait); then they go on by themselves. */
  pause(service: string, deadlineMs: number | null): FleetResult;
  resume(service: string): FleetResult;
  protect(service: string, instance: string, isProtected: boolean): FleetResult;
  /** Newest first. `isChanges`: the last of all, and at most `limit` that changed the number. */
  decisions(
    service: string,
    limit: number,
    isChanges: boolean,
  ): { readonly result: 'ok'; readonly decisions: readonly Decision[] } | FleetResult;
  /** The last lines of one instance or all; then, while `follow`, each new one until `signal` aborts. */
  logs(service: string, query: LogQuery): AsyncIterable<LogLine> | FleetResult;
}
