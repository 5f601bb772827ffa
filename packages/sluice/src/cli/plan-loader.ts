/** Loads the plan for the life of a change, and keeps what only the main thread needs of a configuration. */
import { dirname } from 'node:path';
import type { ControlSettings } from '../config/compile.ts';
import type { Fault } from '../config/fault.ts';
import { NO_FLEET } from '../config/fleet-plan.ts';
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
  readonly loaded: (settings: ControlSettings) => void;
}

export class PlanLoader {
  settings: ControlSettings = { watch: false, adminToken: null, acme: null, fleet: NO_FLEET };
  files: readonly FileState[] = [];
  readonly #options: PlanLoaderOptions;
  #isAllDue = true;
  /** What was loaded last without a fault, and where its files are. */
  #last: { readonly plan: Plan; readonly directory: string } | null = null;

  constructor(options: PlanLoaderOptions) {
    this.#options = options;
  }

  readAll(): void {
    this.#isAllDue = true;
  }

  load(): Promise<Loaded> {
    if (this.#last !== null && !this.#isAllDue) return this.#readFiles(this.#last.plan, this.#last.directory);
    this.#isAllDue = false;
    return this.#readAll();
  }

  async #readAll(): Promise<Loaded> {
    const loaded = await this.#options.source.load();
    if (!loaded.ok) return refused(loaded.faults);
    const { plan, path, settings, warnings, outdated, files } = loaded;
    this.#warn(warnings, outdated);
    const { workersMax } = this.#options;
    if (plan.workers > workersMax)
      return { ok: false, faults: [`workers must be at most ${workersMax} on this machine, got ${plan.workers}`] };
    this.settings = settings;
    this.#options.loaded(settings);
    this.files = files;
    this.#last = { plan, directory: path === null ? process.cwd() : dirname(path) };
    return { ok: true, plan };
  }

  /** A certificate has changed: what else was edited meanwhile is nobody's wish yet. */
  async #readFiles(plan: Plan, directory: string): Promise<Loaded> {
    const { readMaterial } = await import('../io/plan-material.ts');
    const material = await readMaterial(plan, { directory, now: nodeRuntime.clock.wall(), root: null, acme: this.settings.acme });
    if (material.faults.length > 0) return refused(material.faults);
    this.#warn(material.warnings, material.outdated);
    this.files = material.files;
    this.#last = { plan: material.plan, directory };
    return { ok: true, plan: material.plan };
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
