/**
 * What one instance has on this machine besides its process: where it listens, where its output goes, the group that bounds it, and how it is kept
 * from outliving us or, detached, is remembered. Taken before its start, given back after its end.
 */
import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { AddressPlan } from '../../config/plan.ts';
import { clearGroup, type CgroupFiles } from '../../io/cgroup.ts';
import { InstanceLog } from '../../io/instance-logs.ts';
import { LogTail } from '../../io/instance-logs-tail.ts';
import type { InstanceRecord, InstanceRecords } from '../../io/instance-record.ts';
import { LineBudget, readOutput } from '../../io/process-output.ts';
import { endWithUs } from '../../io/process-groups.ts';
import type { ProcessWatch } from '../../io/process-watch.ts';
import type { KeptLogs } from './process-driver-logs.ts';
import type { InstanceWatch } from './runner.ts';

/** What it was given; each part is given back by `release`. */
export interface PlaceParts {
  readonly target: AddressPlan;
  readonly socketDirectory: string | null;
  readonly cgroup: CgroupFiles | null;
  /** Why there is none. */
  readonly cgroupFault: string | null;
  /** Null: no file. */
  readonly log: { readonly path: string; readonly fileBytes: number; readonly files: number } | null;
  /** Detached: the file, open; the program writes to it by itself. */
  readonly file: FileHandle | null;
  readonly isDetached: boolean;
}

/** What all places share. */
export interface PlaceWorld {
  readonly runtime: Runtime;
  readonly watch: ProcessWatch;
  readonly records: InstanceRecords | null;
  readonly trouble: (reason: string) => void;
  readonly giveBackPort: (target: AddressPlan) => void;
  readonly logs: KeptLogs;
  /** Has a tail looked at twice a second. */
  readonly follow: (tail: LogTail) => Cancel;
}

export class InstancePlace {
  readonly target: AddressPlan;
  readonly cgroup: CgroupFiles | null;
  readonly cgroupFault: string | null;
  readonly isDetached: boolean;
  readonly #parts: PlaceParts;
  readonly #world: PlaceWorld;
  #log: InstanceLog | null = null;
  #tail: LogTail | null = null;
  /** What ends with the instance, or with our interest in it. */
  #cancels: Cancel[] = [];
  #record: string | null = null;
  #released: Promise<void> | null = null;

  constructor(parts: PlaceParts, world: PlaceWorld) {
    this.#parts = parts;
    this.#world = world;
    this.target = parts.target;
    this.cgroup = parts.cgroup;
    this.cgroupFault = parts.cgroupFault;
    this.isDetached = parts.isDetached;
    if (parts.log !== null) world.logs.take(parts.log);
  }

  /** What the program's stdout and stderr are. */
  get output(): 'pipe' | number {
    return this.#parts.file?.fd ?? 'pipe';
  }

  /** Wall milliseconds. */
  wall(): number {
    return this.#world.runtime.clock.wall();
  }

  /** The process is there: from now on it is remembered, or does not outlive us. */
  hold(record: Omit<InstanceRecord, 'target' | 'cgroups' | 'log' | 'socketDirectory'>): void {
    const { cgroup, target, log, socketDirectory, isDetached } = this.#parts;
    if (!isDetached) return this.endWithUs(record.pid);
    this.remember(record.id);
    this.#world.records?.write({ ...record, target, cgroups: cgroup?.directories ?? [], log: log!, socketDirectory });
  }

  /** Puts the process into its group. */
  async enclose(id: string, pid: number): Promise<void> {
    try {
      await this.cgroup?.add(pid);
    } catch (error) {
      // ESRCH: it has ended already.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH')
        this.#world.trouble(`instance ${id} runs without bounds: ${(error as Error).message}`);
    }
  }

  /** There is a record of it, which goes with it. */
  remember(id: string): void {
    this.#record = id;
  }

  /** The process does not outlive us. */
  endWithUs(pid: number): void {
    this.#cancels.push(endWithUs(pid, this.cgroup?.directories));
  }

  /** Told once, of a process that is not our child. */
  whenGone({ id, pid, startTicks }: InstanceRecord, gone: () => void): void {
    this.remember(id);
    this.#cancels.push(this.#world.watch.add(pid, startTicks, gone));
  }

  /** Gives on its lines and keeps its log. Resolves at the end of what comes through pipes. */
  readOutput(child: ChildProcess | null, watch: InstanceWatch): Promise<void> {
    const { file, log } = this.#parts;
    const { runtime, trouble } = this.#world;
    const now = (): number => runtime.clock.now();
    const line = (stream: 'stdout' | 'stderr', text: string): void => watch.line(stream, text);
    if (file !== null) {
      this.#tail = new LogTail({ ...log!, file, budget: new LineBudget({ line, now }), trouble });
      this.#cancels.push(this.#world.follow(this.#tail));
      return Promise.resolve();
    }
    if (child === null) return Promise.resolve();
    this.#log = log === null ? null : new InstanceLog({ ...log, trouble, now });
    return readOutput({ stdout: child.stdout!, stderr: child.stderr! }, { line, now, log: this.#log });
  }

  /** It runs on without us. */
  leave(): void {
    this.#cancel();
    this.#world.giveBackPort(this.target);
    void this.#tail?.close();
  }

  /** Ends what is left in its group. */
  async clear(): Promise<void> {
    if (this.cgroup !== null) await clearGroup(this.cgroup);
  }

  /** The process is gone, or never was: nothing of it stays but its log. */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  /** What cannot be given back is told, and keeps nobody from hearing that the instance has ended. */
  async #release(): Promise<void> {
    const { socketDirectory, file, log } = this.#parts;
    await this.clear();
    this.#cancel();
    this.#world.giveBackPort(this.target);
    await this.#attempt(() => this.#log?.close());
    await this.#attempt(() => (this.#tail ?? file)?.close());
    await this.#attempt(() => log !== null && this.#world.logs.giveBack(log));
    await this.#attempt(() => socketDirectory !== null && rmSync(socketDirectory, { recursive: true, force: true }));
    await this.#attempt(() => this.#record !== null && this.#world.records?.remove(this.#record));
  }

  async #attempt(giveBack: () => unknown): Promise<void> {
    try {
      await giveBack();
    } catch (error) {
      this.#world.trouble(`something of an instance that has ended is left behind: ${(error as Error).message}`);
    }
  }

  #cancel(): void {
    for (const cancel of this.#cancels.splice(0)) cancel();
  }
}
