/** Loads the plan for the life of a change, and keeps what only the main thread needs of a configuration. */
import { dirname } from 'node:path';
import type { ControlSettings } from '../config/compile.ts';
import type { Fault } from '../config/fault.ts';
import { NO_FLEET } from '../config/fleet-plan.ts';
import { NO_OBSERVE } from '../config/observe-plan.ts';
import type { Plan } from '../config/plan.ts';
import type { Loaded } from '../control/apply/applier.ts';
import type { SayEvent } from '../control/say-event.ts';
import type { FileState } from '../io/file-state.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import type { ConfigSource } from './config-source.ts';

export interface PlanLoaderOptions {
  readonly source: ConfigSource;
  readonly say: SayEvent;
  /** Worker threads at most. */
  readonly workersMax: number;
  /** A configuration without a fault was read; whether it can be run is not known yet. */
  readonly loaded: (configuration: Configuration) => void;
}

/** What a plan was made from. */
export interface Configuration {
  readonly settings: ControlSettings;
  /** Of its file; null when it is none. */
  readonly path: string | null;
  /** Files that it names. */
  readonly files: readonly FileState[];
}

const NOTHING: Configuration = { settings: { watch: false, observe: NO_OBSERVE, acme: null, fleet: NO_FLEET }, path: null, files: [] };

export class PlanLoader {
  /** Of the plan that runs. One that was read and could not be run changes nothing. */
  current: Configuration = NOTHING;
  readonly #options: PlanLoaderOptions;
  readonly #configurations = new WeakMap<Plan, Configuration>();
  #isAllDue = true;
  /** One that ran before, and is to run again. */
  #again: Plan | null = null;
  #running: Plan | null = null;
  /** What was read last without a fault; until one runs. */
  #last: Plan | null = null;

  constructor(options: PlanLoaderOptions) {
    this.#options = options;
  }

  /** The configuration that runs, as it was loaded; null before the first. */
  get running(): Plan | null {
    return this.#running;
  }

  readAll(): void {
    this.#isAllDue = true;
    this.#again = null;
  }

  /** The next load gives this one, which was loaded here before, with what its files hold now. The one after `readAll` reads the configuration again. */
  bringBack(plan: Plan): void {
    this.#isAllDue = false;
    this.#again = plan;
  }

  load(): Promise<Loaded> {
    if (this.#again !== null) return this.#loadAgain(this.#again);
    // One that was read or brought back, and could not be run, is not tried again because a file has changed.
    const current = this.#running ?? this.#last;
    if (current !== null && !this.#isAllDue && !hasModules(current)) return this.#readFiles(current);
    this.#isAllDue = false;
    return this.#readAll();
  }

  /** This plan, which was loaded here, runs now. */
  applied(plan: Plan): void {
    this.current = this.#configurations.get(plan) ?? this.current;
    this.#running = plan;
  }

  async #readAll(): Promise<Loaded> {
    const { source, workersMax, loaded: told } = this.#options;
    const loaded = await source.load();
    if (!loaded.ok) return refused(loaded.faults);
    const { plan, path, settings, warnings, outdated, files } = loaded;
    this.#warn(warnings, outdated);
    if (plan.workers > workersMax)
      return { ok: false, faults: [`workers must be at most ${workersMax} on this machine, got ${plan.workers}`] };
    const configuration = { settings, path, files };
    told(configuration);
    return this.#keep(plan, configuration);
  }

  #loadAgain(plan: Plan): Promise<Loaded> {
    this.#again = null;
    const configuration = this.#configurations.get(plan)!;
    this.#options.loaded(configuration);
    return hasModules(plan) ? Promise.resolve(this.#keep(plan, configuration)) : this.#readFiles(plan);
  }

  /** A certificate has changed, or a list of users: what else was edited meanwhile is nobody's wish yet. */
  async #readFiles(plan: Plan): Promise<Loaded> {
    const { readMaterial } = await import('../io/plan-material.ts');
    const { settings, path } = this.#configurations.get(plan)!;
    const directory = path === null ? process.cwd() : dirname(path);
    const material = await readMaterial(plan, { directory, path, now: nodeRuntime.clock.wall(), root: null, acme: settings.acme });
    if (material.faults.length > 0) return refused(material.faults);
    this.#warn(material.warnings, material.outdated);
    return this.#keep(material.plan, { settings, path, files: material.files });
  }

  #keep(plan: Plan, configuration: Configuration): Loaded {
    this.#last = plan;
    this.#configurations.set(plan, configuration);
    return { ok: true, plan };
  }

  #warn(warnings: readonly Fault[], outdated: readonly Fault[]): void {
    const { say } = this.#options;
    for (const warning of warnings) say('warn', 'configuration', { warning: warning.message });
    for (const warning of outdated) say('warn', 'certificate', { warning: warning.message });
  }
}

function refused(faults: readonly Fault[]): Loaded {
  return { ok: false, faults: faults.map((fault) => fault.message) };
}

/** Modules of users are loaded where the configuration is, in a process of its own: they may do anything. */
function hasModules({ routes }: Plan): boolean {
  return routes.some(({ filters }) => filters.some(({ kind }) => kind === 'custom'));
}
