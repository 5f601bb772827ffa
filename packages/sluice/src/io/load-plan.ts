/** From a configuration file, or a value, to a Plan: load, validate, compile. What start, reload and `sluice check` have in common. */
import { compile, type ControlSettings, controlSettings } from '../config/compile.ts';
import type { Fault } from '../config/fault.ts';
import { withLines } from '../config/locate.ts';
import type { Plan } from '../config/plan.ts';
import { validate } from '../config/validate.ts';
import { type LoadFileOptions, loadConfigFile } from './config-file.ts';
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
    }
  | { readonly ok: false; readonly path: string | null; readonly faults: readonly Fault[] };

/** Loads a configuration file (by default the one in the working directory) and makes its Plan. Never throws. */
export async function loadPlan(path: string | undefined, options: PlanOptions & LoadFileOptions): Promise<PlanResult> {
  const loaded = await loadConfigFile(path, options);
  if (!loaded.ok) return loaded;
  const result = planFrom(loaded.value, options, loaded.path);
  if (loaded.text === null) return result;
  return result.ok
    ? { ...result, warnings: withLines(result.warnings, loaded.text) }
    : { ...result, faults: withLines(result.faults, loaded.text) };
}

/** Makes the Plan of a value in the form of the configuration. Never throws. */
export function planFrom(value: unknown, options: PlanOptions, path: string | null = null): PlanResult {
  const validation = validate(overridden(value, options.override), checkLinearRegex);
  if (!validation.ok) return { ok: false, path, faults: validation.faults };
  const plan = compile(validation.config, options);
  return { ok: true, path, plan, settings: controlSettings(validation.config), warnings: validation.warnings };
}

function overridden(value: unknown, override: PlanOptions['override']): unknown {
  if (override === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return { ...value, ...override };
}
