/** What somebody asks of the fleet while it runs (`sluice deploy`, the admin API), and what is answered. Plain data; `fleet.ts` answers. */
import type { DeployPlan } from '../../core/fleet/deploy-policy.ts';

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

/** Which lines are wanted. */
export interface LogQuery {
  /** Null: of all. */
  readonly instance: string | null;
  /** So many of the last ones. */
  readonly lines: number;
  /** Then each new one, until `signal` aborts. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

export function ok(detail: string): FleetResult {
  return { result: 'ok', detail };
}

export function refused(problem: string): FleetResult {
  return { result: 'refused', problem };
}

export function unknown(problem: string): FleetResult {
  return { result: 'unknown', problem };
}
