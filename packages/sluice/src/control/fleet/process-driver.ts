/**
 * Starts the instances of one service as processes of this machine, and finds those again that an earlier life of Sluice left. One per service; what
 * they share (ports, cgroups, the directory) is `process-driver-host.ts`, one instance that runs is `process-driver-instance.ts`.
 *
 * A process is told to the guard, or remembered in a record, in the same turn as it is started, and begins only inside its cgroup
 * (`io/process-gate.ts`; 20 ms of its start). A variable whose name no shell could hold (`a.b`) does not pass there: then it begins at once, and
 * what it allocates before it is in its group is charged to Sluice's own.
 */
import type { ProcessRunPlan } from '../../config/fleet-plan.ts';
import type { AddressPlan } from '../../config/plan.ts';
import type { InstanceRecord } from '../../io/instance-record.ts';
import { launch, LaunchFault } from '../../io/process-command.ts';
import { findUser, type SystemUser } from '../../io/process-user.ts';
import type { ProcessHost } from './process-driver-host.ts';
import { ProcessInstance } from './process-driver-instance.ts';
import {
  DriverFault,
  type DrivenInstance,
  type FoundInstance,
  type InstanceDriver,
  type InstanceWatch,
  type StartOrder,
} from './runner.ts';

/** What an instance that nobody wants any more has to end by itself. */
const UNWANTED_STOP_MS = 10_000;
const NOBODY: InstanceWatch = { exited: () => {}, line: () => {} };

export class ProcessDriver implements InstanceDriver {
  readonly kind = 'process';
  readonly #host: ProcessHost;
  readonly #service: string;

  /** @param service Whose instances `adopt` looks for. */
  constructor(host: ProcessHost, service: string) {
    this.#host = host;
    this.#service = service;
  }

  async start(order: StartOrder, watch: InstanceWatch): Promise<DrivenInstance> {
    const { run, service } = order;
    if (run.runner !== 'process')
      throw new DriverFault(`service "${service}": only processes are started here, got runner ${run.runner}`, 'never');
    const user = userOf(service, run);
    const place = await this.#host.place(order, run, user);
    const env = environment(order, run, place.target, user, this.#host.keepAliveMs);
    // Entering a cgroup takes longer than a program takes to begin: what has a bound waits for it, the others go on meanwhile.
    const isGated = place.cgroup !== null && (run.resources.cpu !== null || run.resources.memoryBytes !== null);
    try {
      const launched = await launch({ command: run.command, cwd: run.cwd, env, user, output: place.output, isGated });
      const instance = ProcessInstance.started(launched, order, place, watch);
      await place.enclose(order.id, launched.pid);
      await launched.begin().catch((fault: unknown) => instance.abandon().then(() => Promise.reject(fault as Error)));
      return instance.begun();
    } catch (error) {
      await place.release();
      if (!(error instanceof LaunchFault)) throw error;
      throw new DriverFault(`service "${service}": ${error.message}`, error.isPassing ? 'later' : 'never');
    }
  }

  async adopt(watch: (found: FoundInstance) => InstanceWatch | null): Promise<readonly DrivenInstance[]> {
    const records = await this.#host.recordsOf(this.#service);
    const adopted = await Promise.all(records.map((record) => this.#adoptOne(record, watch({ id: record.id, version: record.version }))));
    return adopted.filter((instance) => instance !== null);
  }

  /** Instances that still run are left to whoever has them; the host ends what is left when it goes. */
  async [Symbol.asyncDispose](): Promise<void> {}

  async #adoptOne(record: InstanceRecord, wanted: InstanceWatch | null): Promise<DrivenInstance | null> {
    const instance = ProcessInstance.adopted(record, await this.#host.placeOf(record), wanted ?? NOBODY);
    if (wanted !== null) return instance;
    instance.signal('SIGTERM');
    this.#host.later(UNWANTED_STOP_MS, () => instance.signal('SIGKILL'));
    return null;
  }
}

function userOf(service: string, { user }: ProcessRunPlan): SystemUser | null {
  if (user === null) return null;
  const found = findUser(user);
  if (found === null) {
    throw new DriverFault(
      `service "${service}": there is no user ${JSON.stringify(user)} in /etc/passwd: create it, or give a number`,
      'never',
    );
  }
  if (process.getuid?.() === found.uid && process.getgid?.() === found.gid) return null;
  if (process.getuid?.() === 0) return found;
  throw new DriverFault(
    `service "${service}": only root may run an instance as user "${user}": start Sluice as root, or leave run.user out`,
    'never',
  );
}

function environment(
  { id, service, version }: StartOrder,
  run: ProcessRunPlan,
  target: AddressPlan,
  user: SystemUser | null,
  keepAliveMs: number,
): Readonly<Record<string, string | undefined>> {
  const where =
    target.kind === 'unix' ? { PORT: target.path, SLUICE_SOCKET: target.path } : { PORT: String(target.port), HOST: target.host };
  return {
    ...process.env,
    // The key to ourselves, which no instance has a use for.
    SLUICE_ADMIN_TOKEN: undefined,
    ...(user === null ? {} : { USER: user.name, LOGNAME: user.name, HOME: user.home ?? '/' }),
    ...run.env,
    ...where,
    SLUICE_INSTANCE: id,
    SLUICE_SERVICE: service,
    SLUICE_VERSION: version,
    SLUICE_KEEP_ALIVE_MS: String(keepAliveMs),
  };
}

/** Ends what an earlier life left of services that are no more. */
export async function endOtherServices(host: ProcessHost, services: readonly string[]): Promise<void> {
  for (const service of await host.rememberedServices()) {
    if (!services.includes(service)) await new ProcessDriver(host, service).adopt(() => null);
  }
}
