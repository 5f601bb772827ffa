/**
 * What a runner is: it starts and ends instances of one service. Four kinds keep this one contract (`runner.contract.ts` runs over all of them):
 * processes and containers are started one by one (`local-runner.ts` over an `InstanceDriver`); on Kubernetes and in an Auto Scaling group the
 * platform starts them and the runner says how many and which one goes.
 *
 * Rules: every call returns at once, and what it led to shows in `instances()` and is told by `changed`. An engine that is away is retried with
 * backoff; nothing is forgotten, nothing is started twice. An instance is ended only after `drain` has said that nothing is in flight to it
 * any more, or its deadline has passed.
 */
import type { Runtime } from '../../base/runtime.ts';
import type { FleetServicePlan, ResourcesPlan, RunPlan, RunnerKind } from '../../config/fleet-plan.ts';
import type { AddressPlan, EndpointPlan } from '../../config/plan.ts';
import type { InstanceView } from '../../core/fleet/instance-view.ts';
import type { SayEvent } from '../say-event.ts';

/** What is run under one name: the same for all instances of a version. */
export interface Version {
  readonly name: string;
  readonly run: RunPlan;
}

export interface Runner extends AsyncDisposable {
  readonly kind: RunnerKind;
  /** Whether it can run several versions side by side (`sluice deploy`); platforms that deploy by themselves cannot. */
  readonly hasVersions: boolean;
  /** Everything there is, whatever its phase, oldest first; `stopped` ones are left out. */
  instances(): readonly InstanceView[];
  /** The endpoint of each instance that is ready, or draining and not yet ended. */
  endpoints(): readonly EndpointPlan[];
  /** Why nothing is known of its instances, with the remedy; null while something is. */
  readonly blindness?: string | null;
  /** Finds instances again that an earlier life of Sluice left, by their versions; resolves when it has looked. Called once, first. */
  adopt(versions: readonly Version[]): Promise<void>;
  /** So many more of this version. */
  add(version: Version, count: number): void;
  /** These are drained and ended. Ids that are unknown or already leaving are passed over. */
  remove(ids: readonly string[], reason: string): void;
  /** Other resources for what runs, without a restart where the platform can. */
  setResources(resources: ResourcesPlan): void;
  /** Settings of its life (probes, deadlines) for all instances. */
  update(service: FleetServicePlan): void;
  protect(id: string, isProtected: boolean): boolean;
  /** Leaves instances running, to be found again by `adopt`; then there is nothing more to do with this object. */
  detach(): Promise<void>;
  /** Ends all of them, without draining (the data plane is gone already); resolves when none is left. */
  stop(): Promise<void>;
  /** SIGKILL, now. */
  kill(): void;
}

/** What a runner is given. */
export interface RunnerWorld {
  readonly runtime: Runtime;
  readonly service: FleetServicePlan;
  readonly say: SayEvent;
  /** The set of endpoints is another one. Resolves when every worker knows it. */
  readonly changed: () => Promise<void>;
  /** Anything else about the instances is another (a phase, a trouble). */
  readonly noticed: () => void;
  /**
   * Stops routing to an endpoint, and waits until nothing is in flight to it (requests, upgrades, streams) or the deadline has passed.
   * @returns What is still in flight: 0 unless the deadline came first.
   */
  readonly drain: (address: string, deadlineMs: number) => Promise<number>;
  /** A line of an instance's output. */
  readonly line: (instance: string, stream: 'stdout' | 'stderr', line: string) => void;
  /** The first start of all could never work (no such program): whoever started Sluice for this alone wants to know. */
  readonly unstartable: (reason: string) => void;
}

// ---- below `local-runner.ts`: one instance at a time

/** Starts single instances: `process-driver.ts` and `container-driver.ts` are it. */
export interface InstanceDriver extends AsyncDisposable {
  readonly kind: 'process' | 'container';
  /**
   * Starts one; resolves when it runs, which says nothing about readiness.
   * @throws {DriverFault} when it cannot be.
   */
  start(order: StartOrder, watch: InstanceWatch): Promise<DrivenInstance>;
  /** What an earlier life left and still runs; `watch` is asked for each. Those for which it returns null are ended: nobody wants them. */
  adopt(watch: (found: FoundInstance) => InstanceWatch | null): Promise<readonly DrivenInstance[]>;
}

export interface StartOrder {
  readonly service: string;
  /** `users.3`. */
  readonly id: string;
  readonly version: string;
  readonly run: RunPlan;
}

export interface FoundInstance {
  readonly id: string;
  readonly version: string;
}

/** Who wants to know about one instance. */
export interface InstanceWatch {
  /** Called once, when it is gone, whatever the reason. */
  exited(end: InstanceEnd): void;
  line(stream: 'stdout' | 'stderr', text: string): void;
}

export interface InstanceEnd {
  /** "exit code 1", "signal SIGKILL", "killed at its memory bound of 512 MiB". */
  readonly reason: string;
  readonly isOutOfMemory: boolean;
}

export interface DrivenInstance {
  readonly id: string;
  readonly version: string;
  /** Where it takes requests. */
  readonly target: AddressPlan;
  /** Process or container id. */
  readonly handle: string;
  /** Wall milliseconds. */
  readonly startedAtMs: number;
  /** Harmless after its end. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** @returns Why they cannot be set, with the remedy; null when they are. */
  setResources(resources: ResourcesPlan): Promise<string | null>;
  /** CPU seconds used since its start, and bytes held now, children included; null = cannot be read. */
  usage(): Promise<{ readonly cpuSeconds: number; readonly memoryBytes: number } | null>;
  /** It is to run on after our end. */
  detach(): void;
}

/** An instance could not be started. */
export class DriverFault extends Error {
  /** `never`: another try leads to the same (no such program, no such image); `later`: the engine is away or full. */
  readonly retry: 'never' | 'later';

  constructor(message: string, retry: 'never' | 'later') {
    super(message);
    this.name = 'DriverFault';
    this.retry = retry;
  }
}
