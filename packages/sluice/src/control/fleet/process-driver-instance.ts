/**
 * One process that runs, started by us or by an earlier life of Sluice. Its end is the end of its leader: what the leader leaves behind is killed, by
 * its process group and, where there is a cgroup, by that. Only then is it told that it has ended, and what it had is given back.
 */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ResourcesPlan } from '../../config/fleet-plan.ts';
import type { AddressPlan } from '../../config/plan.ts';
import { bootId, type InstanceRecord } from '../../io/instance-record.ts';
import { isRunning, readProcessStat } from '../../io/proc-stat.ts';
import { killGroup } from '../../io/process-groups.ts';
import type { Launched } from '../../io/process-command.ts';
import { processUsage, type ProcessUsage } from '../../io/process-usage.ts';
import type { InstancePlace } from './process-driver-place.ts';
import { DriverFault, type DrivenInstance, type InstanceWatch, type StartOrder } from './runner.ts';

/** After its end its last output is waited for, unless somebody else holds its pipes. */
const LAST_OUTPUT_MS = 500;
const ADOPTED_END = 'it has ended; why is not known, since an earlier life of Sluice started it';

/** Which process it is. */
interface Identity {
  readonly id: string;
  readonly version: string;
  readonly pid: number;
  /** With the id it names one process of this boot. */
  readonly startTicks: number;
  readonly startedAtMs: number;
}

export class ProcessInstance implements DrivenInstance {
  readonly id: string;
  readonly version: string;
  readonly target: AddressPlan;
  readonly handle: string;
  readonly startedAtMs: number;
  readonly #pid: number;
  readonly #startTicks: number;
  readonly #place: InstancePlace;
  readonly #watch: InstanceWatch;
  readonly #child: ChildProcess | null;
  #output: Promise<void> = Promise.resolve();
  #hasEnded = false;
  #wasKilled = false;
  #wasAbandoned = false;
  readonly #begun = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<void>();

  /** Takes over a child that has just been started, in the same turn. */
  static started({ child, pid }: Launched, order: StartOrder, place: InstancePlace, watch: InstanceWatch): ProcessInstance {
    const startTicks = readProcessStat(pid)?.startTicks ?? 0; // no file is to be had (EMFILE)
    const identity = { id: order.id, version: order.version, pid, startTicks, startedAtMs: place.wall() };
    const instance = new ProcessInstance(identity, place, watch, child);
    child.on('error', () => {});
    child.on('exit', (code, signal) => void instance.#ended(code, signal));
    instance.#output = place.readOutput(child, watch);
    try {
      if (startTicks === 0) throw new Error(`/proc/${pid}/stat cannot be read`);
      place.hold({ ...identity, format: 1, service: order.service, bootId: bootId() });
    } catch (error) {
      // What cannot be remembered must not run: it could be started twice.
      void instance.abandon();
      throw new DriverFault(`service "${order.service}": instance ${order.id} cannot be remembered: ${(error as Error).message}`, 'later');
    }
    return instance;
  }

  /** Watches a process that is not our child: by looking. */
  static adopted(record: InstanceRecord, place: InstancePlace, watch: InstanceWatch): ProcessInstance {
    const instance = new ProcessInstance(record, place, watch, null);
    if (!place.isDetached) place.endWithUs(record.pid);
    instance.#output = place.readOutput(null, watch);
    instance.begun();
    place.whenGone(record, () => void instance.#ended(null, null));
    return instance;
  }

  private constructor(identity: Identity, place: InstancePlace, watch: InstanceWatch, child: ChildProcess | null) {
    this.id = identity.id;
    this.version = identity.version;
    this.startedAtMs = identity.startedAtMs;
    this.handle = String(identity.pid);
    this.target = place.target;
    this.#pid = identity.pid;
    this.#startTicks = identity.startTicks;
    this.#place = place;
    this.#watch = watch;
    this.#child = child;
  }

  /** Its start is over: from now on its end is told. */
  begun(): this {
    // Not before whoever started it has it.
    setImmediate(this.#begun.resolve);
    return this;
  }

  /** It never began: its end is told to nobody. Resolves when nothing is left of it. */
  async abandon(): Promise<void> {
    this.#wasAbandoned = true;
    killGroup(this.#pid, 'SIGKILL');
    this.#begun.resolve();
    await this.#gone.promise;
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    // Until our child is waited for, its id is not used again; that of another's child may be.
    if (this.#hasEnded || (this.#child === null && !isRunning(this.#pid, this.#startTicks))) return;
    this.#wasKilled ||= signal === 'SIGKILL';
    killGroup(this.#pid, signal);
  }

  setResources(resources: ResourcesPlan): Promise<string | null> {
    const { cgroup, cgroupFault } = this.#place;
    const isUnbound = resources.cpu === null && resources.memoryBytes === null;
    return Promise.resolve(cgroup?.setResources(resources) ?? (cgroup === null && !isUnbound ? cgroupFault : null));
  }

  usage(): Promise<ProcessUsage | null> {
    if (this.#hasEnded) return Promise.resolve(null);
    return Promise.resolve(this.#place.cgroup?.usage() ?? processUsage(this.#pid));
  }

  detach(): void {
    if (this.#hasEnded || !this.#place.isDetached) return;
    this.#hasEnded = true;
    this.#child?.unref();
    this.#place.leave();
  }

  async #ended(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const end = this.#end(code, signal);
    this.#killRest();
    await this.#place.clear();
    await Promise.race([this.#output, sleep(LAST_OUTPUT_MS)]);
    await this.#place.release();
    this.#gone.resolve();
    await this.#begun.promise;
    if (!this.#wasAbandoned) this.#watch.exited(end);
  }

  /** What it started and left behind. While any of it runs nobody else gets the id; where somebody has it, nothing is left of ours. */
  #killRest(): void {
    const stat = readProcessStat(this.#pid);
    if (stat === null || stat.startTicks === this.#startTicks) killGroup(this.#pid, 'SIGKILL');
  }

  #end(code: number | null, signal: NodeJS.Signals | null): { readonly reason: string; readonly isOutOfMemory: boolean } {
    const { cgroup } = this.#place;
    // 137 = 128 + SIGKILL: how a shell tells of its child.
    const mayBeOut = !this.#wasKilled && (signal === 'SIGKILL' || code === 137 || this.#child === null);
    if (mayBeOut && cgroup !== null && cgroup.oomKills() > 0) {
      const mebibytes = Math.round((cgroup.memoryBound() ?? 0) / 1_048_576);
      return { reason: `killed at its memory bound of ${mebibytes} MiB`, isOutOfMemory: true };
    }
    const reason = this.#child === null ? ADOPTED_END : signal === null ? `exit code ${code}` : `signal ${signal}`;
    return { reason, isOutOfMemory: false };
  }
}
