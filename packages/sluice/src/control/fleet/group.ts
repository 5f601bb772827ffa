/**
 * A group of instances that a platform keeps running: the pods of a workload, the machines of an Auto Scaling group. The platform is told how many
 * and which one goes; it starts, replaces and ends them. `kubernetes-runner.ts` and `asg-runner.ts` are groups; `group-runner.ts` makes a Runner of one.
 */
import type { Timestamp } from '../../base/time.ts';
import type { AddressPlan } from '../../config/plan.ts';
import type { InstanceTrouble } from '../../core/fleet/instance-view.ts';

/** An instance as the platform shows it. */
export interface GroupMember {
  /** Pod name, machine id. Never used by the platform for two that live at once. */
  readonly name: string;
  /** The part of the name that tells it from the others of the group; `users.` before it is the instance's id, in every life of Sluice. */
  readonly shortName: string;
  readonly version: string;
  /** Wall milliseconds. */
  readonly startedAt: Timestamp;
  /** `draining` and `stopping`: the platform ends it, whoever asked; it finishes what it has, or does not any more. */
  readonly phase: 'starting' | 'ready' | 'unready' | 'waiting' | 'draining' | 'stopping';
  readonly address: AddressPlan | null;
  readonly restarts: number;
  readonly trouble: { readonly kind: InstanceTrouble; readonly detail: string } | null;
  readonly cpu: number | null;
  readonly memoryBytes: number | null;
}

/** One that nobody has chosen yet. */
export interface StayingMember extends GroupMember {
  readonly isProtected: boolean;
}

export interface GroupState {
  /** How many the platform is told to run. */
  readonly desired: number;
  /** Bounds that the platform holds `desired` to. */
  readonly min: number;
  readonly max: number;
  readonly members: readonly GroupMember[];
}

/** Who wants to know about a group. */
export interface GroupWatcher {
  /** The platform was looked at; called for each look that shows something else, and for the first one after `failed`. */
  seen(state: GroupState): void;
  /** The platform could not be looked at, or refused. What was seen before still counts. */
  failed(fault: GroupFault): void;
}

export interface GroupFault {
  readonly message: string;
  /** `away`: tried again soon. `refused`: somebody has to change something (no such workload, no permission), tried again rarely. `setup`: cannot ever work in this process. */
  readonly kind: 'away' | 'refused' | 'setup';
}

/** How a write ended; `changed`: the platform's number is neither `from` nor `to` any more, somebody else wrote it. What goes wrong is thrown. */
export type GroupWrite = 'done' | 'changed';

export interface InstanceGroup extends AsyncDisposable {
  readonly kind: 'kubernetes' | 'aws-asg';
  /** `Deployment shop/users`; for messages. */
  readonly title: string;
  /** Begins to look. Called once. */
  watch(watcher: GroupWatcher): void;
  /** Who really goes when these are chosen: platforms that have an order of their own (StatefulSet) name others. In the order in which they go. */
  victims(
    chosen: readonly string[],
    members: readonly StayingMember[],
  ): { readonly names: readonly string[]; readonly reason: string | null };
  /**
   * Makes `to` out of `from`; repeated after a failure it does nothing twice.
   * @throws What `fault` understands.
   */
  resize(from: number, to: number): Promise<GroupWrite>;
  /** Ends these and makes the number smaller by as many. Repeated after a failure it does nothing twice. */
  end(names: readonly string[], from: number): Promise<GroupWrite>;
  /** The platform kept it and ended another: it is to be like any other again. */
  restore(name: string): Promise<void>;
  fault(error: unknown): GroupFault;
}
