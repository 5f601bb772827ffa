/**
 * From a configuration file, or a value, to a Plan: load, validate, compile, read the files that it names. What start, reload and `sluice check` have in
 * common.
 */
import { dirname, resolve } from 'node:path';
import { compile, type ControlSettings, controlSettings } from '../config/compile.ts';
import type { Fault } from '../config/fault.ts';
import { kernelPlanFaults } from '../config/kernel-description.ts';
import type { Plan } from '../config/plan.ts';
import { validate } from '../config/validate.ts';
import { acmeFaults } from './acme-faults.ts';
import { adminFiles, withAbsoluteAdmin } from './admin-files.ts';
import { type LoadFileOptions, loadConfigFile } from './config-file.ts';
import { withAbsoluteFleet } from './fleet-paths.ts';
import { nodeRuntime } from './node-runtime.ts';
import type { FileState } from './file-state.ts';
import { readMaterial } from './plan-material.ts';
import { checkLinearRegex } from './regex.ts';

/** How to make the Plan. */
export interface PlanOptions {
  /** The Plan's generation. */
  readonly generation: number;
  /** What `workers: 'auto'` stands for. */
  readonly cores: number;
  /** Top-level settings from the command line, in the form of the configuration; they win over the file's. */
  readonly override?: Readonly<Record<string, unknown>>;
}

/** A Plan with the main thread's settings, or every fault. `path` is the file; null when there is none. */
export type PlanResult =
  | {
      readonly ok: true;
      readonly path: string | null;
      readonly plan: Plan;
      readonly settings: ControlSettings;
      readonly warnings: readonly Fault[];
      /** Certificates out of their time: a gateway warns and goes on with them, `check` refuses them. */
      readonly outdated: readonly Fault[];
      /** Files that the plan was made from, besides the configuration. */
      readonly files: readonly FileState[];
    }
  | { readonly ok: false; readonly path: string | null; readonly faults: readonly Fault[] };

/** Loads a configuration file (by default the one in the working directory) and makes its Plan. Never throws. */
export async function loadPlan(path: string | undefined, options: PlanOptions & LoadFileOptions): Promise<PlanResult> {
  const loaded = await loadConfigFile(path, options);
  if (!loaded.ok) return loaded;
  const result = await planFrom(loaded.value, options, loaded.path);
  const { text } = loaded;
  if (text === null) return result;
  const { withLines } = await import('../config/locate.ts');
  if (!result.ok) return { ...result, faults: withLines(result.faults, text) };
  return { ...result, warnings: withLines(result.warnings, text), outdated: withLines(result.outdated, text) };
}

/**
 * Makes the Plan of a value in the form of the configuration. Never throws.
 * @param path The configuration's file: others are looked for beside it. Null: in the working directory.
 */
export async function planFrom(value: unknown, options: PlanOptions, path: string | null = null): Promise<PlanResult> {
  const validation = validate(overridden(value, options.override), checkLinearRegex);
  if (!validation.ok) return { ok: false, path, faults: validation.faults };
  const compiled = compile(validation.config, options);
  const impossible = kernelPlanFaults(compiled);
  if (impossible.length > 0) return { ok: false, path, faults: impossible };
  const directory = path === null ? process.cwd() : dirname(path);
  const settings = withAbsolutePaths(controlSettings(validation.config), directory);
  const material = await readMaterial(compiled, { directory, path, now: nodeRuntime.clock.wall(), root: value, acme: settings.acme });
  const admin = await adminFiles(settings.observe.admin, value, nodeRuntime.clock.wall());
  const faults = [...material.faults, ...admin.faults, ...(await acmeFaults(settings.acme, value, nodeRuntime.clock.wall()))];
  if (faults.length > 0) return { ok: false, path, faults };
  const { plan } = material;
  const outdated = [...material.outdated, ...admin.outdated];
  const files = [...material.files, ...admin.files];
  const warnings = [...validation.warnings, ...material.warnings];
  return { ok: true, path, plan, settings, warnings, outdated, files };
}

function withAbsolutePaths(settings: ControlSettings, directory: string): ControlSettings {
  const { acme } = settings;
  const fleet = withAbsoluteFleet(settings.fleet, directory);
  const observe = { ...settings.observe, admin: withAbsoluteAdmin(settings.observe.admin, directory) };
  if (acme === null) return { ...settings, fleet, observe };
  const caFile = acme.caFile === null ? null : resolve(directory, acme.caFile);
  return { ...settings, fleet, observe, acme: { ...acme, storage: resolve(directory, acme.storage), caFile } };
}

function overridden(value: unknown, override: PlanOptions['override']): unknown {
  if (override === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return { ...value, ...override };
}
