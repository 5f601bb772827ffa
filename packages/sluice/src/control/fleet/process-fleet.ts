/**
 * The instances of one service as processes of this machine: as many as asked for, each used from its first answer until its exit. What is
 * ready is read as endpoints; whoever runs the plan is told when that changes.
 */
import type { Runtime } from '../../base/runtime.ts';
import type { EndpointPlan } from '../../config/plan.ts';
import { DEFAULT_INSTANCE_POLICY, type InstancePolicy } from '../../core/fleet/process-life.ts';
import type { StartProcess } from '../../io/processes.ts';
import type { ProbeReadiness } from '../../io/readiness.ts';
import type { SayEvent } from '../say-event.ts';
import { InstanceRunner } from './instance-runner.ts';

export interface FleetOptions {
  /** The service whose endpoints the instances are. */
  readonly service: string;
  readonly instances: number;
  readonly command: readonly string[];
  readonly cwd: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly healthPath: string | null;
  readonly policy?: InstancePolicy;
  readonly runtime: Runtime;
  readonly startProcess: StartProcess;
  readonly probe: ProbeReadiness;
  readonly freePort: (host: string) => Promise<number>;
  readonly say: SayEvent;
  readonly line: (instance: string, stream: 'stdout' | 'stderr', line: string) => void;
  /** The set of ready instances is another one. Resolves when whoever sends requests knows. */
  readonly changed: () => Promise<void>;
  /** The command cannot be started at all and never could: no instance will come. */
  readonly unstartable: (reason: string) => void;
}

const HOST = '127.0.0.1';
const PROBE_TIMEOUT_MS = 1_000;
/** Tries for a port that no other instance was just given. */
const PORT_TRIES = 20;

export class ProcessFleet {
  readonly service: string;
  readonly #options: FleetOptions;
  readonly #runners: InstanceRunner[];
  readonly #ports = new Set<number>();
  #hasStarted = false;

  constructor(options: FleetOptions) {
    this.service = options.service;
    this.#options = options;
    this.#runners = Array.from({ length: options.instances }, (_, index) => this.#runner(`${options.service}.${index + 1}`));
  }

  start(): void {
    for (const runner of this.#runners) runner.start();
  }

  /** SIGTERM to all, SIGKILL to those that do not end in time; resolves when none is left. */
  async stop(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.stop()));
  }

  /** SIGKILL to all, now. */
  kill(): void {
    for (const runner of this.#runners) runner.kill();
  }

  /** The instances that answer, as endpoints of the service. */
  endpoints(): readonly EndpointPlan[] {
    return this.#runners.flatMap((runner) => {
      const { address } = runner;
      if (address === null) return [];
      const target = { kind: 'tcp', ...address } as const;
      return [{ address: `${address.host}:${address.port}`, target, weight: 1, priority: 0, requestsMax: 0, version: '' }];
    });
  }

  endpointsOf(service: string): readonly EndpointPlan[] | null {
    return service === this.service ? this.endpoints() : null;
  }

  traits(): null {
    return null;
  }

  #runner(name: string): InstanceRunner {
    const { command, cwd, env, healthPath, runtime, startProcess, probe, say, line } = this.#options;
    const spec = { name, command, cwd, env, host: HOST, healthPath, probeTimeoutMs: PROBE_TIMEOUT_MS };
    return new InstanceRunner(spec, {
      runtime,
      policy: this.#options.policy ?? DEFAULT_INSTANCE_POLICY,
      startProcess,
      probe,
      takePort: (host) => this.#takePort(host),
      giveBackPort: (port) => this.#ports.delete(port),
      say,
      line,
      changed: () => {
        this.#hasStarted = true;
        return this.#options.changed();
      },
      unstartable: (reason) => {
        // A program that ran before is being replaced, perhaps: the backoff goes on.
        if (!this.#hasStarted) this.#options.unstartable(reason);
      },
    });
  }

  async #takePort(host: string): Promise<number> {
    let port = await this.#options.freePort(host);
    for (let tries = 1; this.#ports.has(port) && tries < PORT_TRIES; tries++) port = await this.#options.freePort(host);
    this.#ports.add(port);
    return port;
  }
}
