/**
 * What the processes of all services share on this machine: ports that were given out, cgroups, the directory with sockets, logs and records, and
 * the looking after those that are not our children. Opened before the first instance.
 *
 * Detached, instances outlive us: their output goes straight to their log files (a pipe would break with us), and a record of each is kept. Not
 * detached, none does: `io/process-groups.ts` sees to that, even for our SIGKILL.
 */
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { LogsPlan, ProcessRunPlan } from '../../config/fleet-plan.ts';
import type { AddressPlan } from '../../config/plan.ts';
import type { CgroupFiles } from '../../io/cgroup.ts';
import { openCgroups, type CgroupPlaces, type NoCgroups } from '../../io/cgroup-places.ts';
import { openLog, openNowhere } from '../../io/instance-logs.ts';
import type { LogTail } from '../../io/instance-logs-tail.ts';
import { InstanceRecords, isRecordAlive, type InstanceRecord } from '../../io/instance-record.ts';
import { openProcessDirectory, type ProcessDirectory } from '../../io/process-directory.ts';
import type { SystemUser } from '../../io/process-user.ts';
import { ProcessWatch } from '../../io/process-watch.ts';
import type { SayEvent } from '../say-event.ts';
import { KeptLogs } from './process-driver-logs.ts';
import { PortBook } from './process-driver-ports.ts';
import { InstancePlace, type PlaceParts, type PlaceWorld } from './process-driver-place.ts';
import { DriverFault, type StartOrder } from './runner.ts';

export interface ProcessHostOptions {
  /** `FleetPlan.directory`. */
  readonly directory: string | null;
  readonly isDetached: boolean;
  /** What instances are told to keep idle connections for, at least: the gateway's own idle timeout and a margin. */
  readonly keepAliveMs: number;
  readonly runtime: Runtime;
  readonly say: SayEvent;
  /** Default: those of this machine. */
  readonly openCgroups?: () => CgroupPlaces | NoCgroups;
}

const FOLLOW_MS = 500;
/** Troubles that are remembered, so as not to be said twice. */
const SAID_MAX = 1_000;

interface Opened {
  readonly directory: ProcessDirectory;
  readonly cgroups: CgroupPlaces | NoCgroups;
  readonly records: InstanceRecords | null;
}

export class ProcessHost implements AsyncDisposable {
  readonly keepAliveMs: number;
  readonly #options: ProcessHostOptions;
  readonly #watch: ProcessWatch;
  readonly #ports = new PortBook();
  readonly #logs = new KeptLogs();
  readonly #tails = new Set<LogTail>();
  readonly #timers = new Set<Cancel>();
  readonly #said = new Set<string>();
  #cancelFollow: Cancel | null = null;
  #opened: Promise<Opened> | null = null;
  #started = 0;

  constructor(options: ProcessHostOptions) {
    this.#options = options;
    this.keepAliveMs = options.keepAliveMs;
    this.#watch = new ProcessWatch(options.runtime.timers);
  }

  /** @throws {DriverFault} when another Sluice has the directory, or it cannot be written to. Called by the first start, if nobody did before. */
  async open(): Promise<void> {
    await this.#ready();
  }

  /** Everything that one instance needs besides its process. @throws {DriverFault} */
  async place(order: StartOrder, run: ProcessRunPlan, user: SystemUser | null): Promise<InstancePlace> {
    const { directory, cgroups, records } = await this.#ready();
    const socket = run.isSocket ? makeSocket(order.service, directory, user) : null;
    const target: AddressPlan =
      socket === null
        ? { kind: 'tcp', host: run.host, port: await this.#ports.take(order.service, run.host) }
        : { kind: 'unix', path: socket.path };
    const log = this.#logOf(order.id, run.logs, directory.path);
    const parts: PlaceParts = {
      target,
      socketDirectory: socket?.directory ?? null,
      ...this.#group(order, run, cgroups),
      log,
      file: this.#options.isDetached ? await this.#openFile(log!.path) : null,
      isDetached: this.#options.isDetached,
    };
    return new InstancePlace(parts, this.#world(records));
  }

  /** The instances of a service that an earlier life left and that still run. What is left of others is cleared away. */
  async recordsOf(service: string): Promise<readonly InstanceRecord[]> {
    const { records } = await this.#ready();
    const found = (records?.read((reason) => this.#sayOnce('instance-record', reason)) ?? []).filter(
      (record) => record.service === service,
    );
    const dead = found.filter((record) => !isRecordAlive(record));
    for (const record of dead) {
      const place = await this.placeOf(record, { isDead: true });
      await place.release();
    }
    return found.filter((record) => !dead.includes(record));
  }

  /** Services of which something is remembered. */
  async rememberedServices(): Promise<ReadonlySet<string>> {
    const { records } = await this.#ready();
    return new Set(records?.read(() => {}).map(({ service }) => service));
  }

  /** What an instance has that an earlier life started. */
  async placeOf(record: InstanceRecord, { isDead = false } = {}): Promise<InstancePlace> {
    const { cgroups, records } = await this.#ready();
    const { target, socketDirectory, log } = record;
    const cgroup = 'fault' in cgroups || record.cgroups.length === 0 ? null : cgroups.find(record.cgroups);
    if (target.kind === 'tcp') this.#ports.reserve(target.port);
    const file = isDead ? null : await this.#openFile(log.path);
    const cgroupFault = 'fault' in cgroups ? cgroups.fault : 'it was started without a cgroup';
    const place = new InstancePlace(
      { target, socketDirectory, cgroup, cgroupFault, log, file, isDetached: this.#options.isDetached },
      this.#world(records),
    );
    if (isDead) place.remember(record.id);
    return place;
  }

  /** Calls `run` after so long, unless the host has gone by then. */
  later(delayMs: number, run: () => void): void {
    const cancel = this.#options.runtime.timers.after(delayMs, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cancel of this.#timers) cancel();
    this.#cancelFollow?.();
    const opened = await this.#opened?.catch(() => null);
    await opened?.directory[Symbol.asyncDispose]();
  }

  #ready(): Promise<Opened> {
    this.#opened ??= this.#open().catch((error: Error) => {
      this.#opened = null; // the next one tries again
      throw error;
    });
    return this.#opened;
  }

  async #open(): Promise<Opened> {
    const { directory: given, isDetached } = this.#options;
    if (given === null && isDetached)
      throw new DriverFault('instances that outlive Sluice need a directory to be remembered in: set fleet.directory', 'never');
    const directory = await openProcessDirectory(given).catch((error: Error) => {
      throw new DriverFault(error.message, 'never');
    });
    const cgroups = (this.#options.openCgroups ?? openCgroups)();
    if (!('fault' in cgroups)) cgroups.sweep();
    return { directory, cgroups, records: given === null ? null : new InstanceRecords(join(directory.path, 'instances')) };
  }

  #group({ id, service }: StartOrder, run: ProcessRunPlan, cgroups: CgroupPlaces | NoCgroups): Pick<PlaceParts, 'cgroup' | 'cgroupFault'> {
    const unbound = (fault: string): Pick<PlaceParts, 'cgroup' | 'cgroupFault'> => {
      if (isBounded(run)) this.#sayOnce('resources-not-bound', fault, service);
      return { cgroup: null, cgroupFault: fault };
    };
    if ('fault' in cgroups) return unbound(cgroups.fault);
    let cgroup: CgroupFiles;
    try {
      cgroup = cgroups.create(`${encodeURIComponent(id)}-${++this.#started}`);
    } catch (error) {
      // Without the path, which is another one for each start.
      return unbound(`no cgroup can be made: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`);
    }
    const fault = cgroup.setResources(run.resources);
    if (fault !== null) this.#sayOnce('resources-not-bound', fault, service);
    return { cgroup, cgroupFault: null };
  }

  #logOf(id: string, { directory, fileBytes, files }: LogsPlan, home: string): PlaceParts['log'] {
    const place = directory ?? (this.#options.isDetached ? join(home, 'logs') : null);
    return place === null ? null : { path: join(place, `${encodeURIComponent(id)}.log`), fileBytes, files };
  }

  /** An instance whose log cannot be opened runs without one. */
  async #openFile(path: string): Promise<FileHandle> {
    try {
      return await openLog(path);
    } catch (error) {
      this.#sayOnce('instance-trouble', `log ${path}: ${(error as Error).message}; its output is lost (make room, or set logs.directory)`);
      return openNowhere();
    }
  }

  #world(records: InstanceRecords | null): PlaceWorld {
    return {
      runtime: this.#options.runtime,
      watch: this.#watch,
      records,
      trouble: (reason) => this.#options.say('warn', 'instance-trouble', { reason }),
      logs: this.#logs,
      giveBackPort: (target) => target.kind === 'tcp' && this.#ports.giveBack(target.port),
      follow: (tail) => this.#follow(tail),
    };
  }

  #follow(tail: LogTail): Cancel {
    this.#tails.add(tail);
    this.#cancelFollow ??= this.#options.runtime.timers.every(FOLLOW_MS, () => {
      for (const one of this.#tails) one.look();
    });
    return () => {
      this.#tails.delete(tail);
      if (this.#tails.size > 0) return;
      this.#cancelFollow?.();
      this.#cancelFollow = null;
    };
  }

  #sayOnce(what: string, detail: string, service?: string): void {
    const key = `${what} ${detail} ${service}`;
    if (this.#said.has(key)) return;
    if (this.#said.size >= SAID_MAX) this.#said.clear();
    this.#said.add(key);
    this.#options.say('warn', what, service === undefined ? { reason: detail } : { service, reason: detail });
  }
}

function makeSocket(
  service: string,
  directory: ProcessDirectory,
  user: SystemUser | null,
): { readonly path: string; readonly directory: string } {
  try {
    return directory.socket(user);
  } catch (error) {
    throw new DriverFault(`service "${service}": ${(error as Error).message}`, 'never');
  }
}

function isBounded({ resources }: ProcessRunPlan): boolean {
  return resources.cpu !== null || resources.memoryBytes !== null;
}
