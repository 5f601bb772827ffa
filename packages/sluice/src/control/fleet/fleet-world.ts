/** What the fleet is given: the rest of the control plane, as far as it needs it. `cli` puts it together. */
import type { Runtime } from '../../base/runtime.ts';
import type { FleetServicePlan } from '../../config/fleet-plan.ts';
import type { VersionFigures } from '../../core/fleet/rollout.ts';
import type { Decision } from '../../core/scaling/decision.ts';
import type { SayEvent } from '../say-event.ts';
import type { Runner, RunnerWorld } from './runner.ts';

export interface FleetWorld {
  readonly runtime: Runtime;
  readonly say: SayEvent;
  /** Makes the runner of a service; it starts nothing yet. */
  readonly makeRunner: (plan: FleetServicePlan, world: RunnerWorld) => Runner;
  /** Endpoints or traits of some service are others. Resolves when every worker knows. */
  readonly changed: () => Promise<void>;
  /**
   * Stops routing to an endpoint, and waits until nothing is in flight to it or the deadline has passed.
   * @returns What is still in flight.
   */
  readonly drain: (service: string, address: string, deadlineMs: number) => Promise<number>;
  /** Requests and upgrades in flight to an endpoint, over all workers; 0 when it is not known. */
  readonly inflight: (service: string, address: string) => number;
  /** Requests that wait for an instance of the service, over all workers. */
  readonly parked: (service: string) => number;
  /** What requests to these endpoints showed since their rows were taken, summed; null: unknown. Cumulative. */
  readonly figures: (service: string, addresses: readonly string[]) => VersionFigures | null;
  /** A service is to be looked at now: the scaling loop decides without waiting for its next tick. */
  readonly asked: (service: string) => void;
  /** Why the service has as many as it has, newest first. `isChanges`: the last of all, and those that changed the number. */
  readonly decisions: (service: string, limit: number, isChanges?: boolean) => readonly Decision[];
  /** A line of an instance's output for the terminal, where its service wants it there; the fleet itself keeps the last ones. */
  readonly line: (service: string, instance: string, stream: 'stdout' | 'stderr', line: string) => void;
  /** The first start of all could never work (no such program). */
  readonly unstartable: (service: string, reason: string) => void;
}
