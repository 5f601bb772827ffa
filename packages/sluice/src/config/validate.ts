/**
 * Validation: an unknown value in, a complete configuration or every fault at once out. Two passes, so that neither hides the other's faults: the
 * schema looks at each field, the checks look across fields at what was written. Pure; about 10 µs per route.
 */
import { checkAddresses } from './checks/addresses.ts';
import { checkAlerts } from './checks/alerts.ts';
import { checkCaches } from './checks/caches.ts';
import { checkCapacity } from './checks/capacity.ts';
import { checkFilters } from './checks/filters.ts';
import { checkFleet } from './checks/fleet.ts';
import { warnForwardProxy } from './checks/forward-proxy.ts';
import { checkKernel, warnKernel } from './checks/kernel.ts';
import { checkLayer4 } from './checks/layer4.ts';
import { checkListeners } from './checks/listeners.ts';
import { checkObserve } from './checks/observe.ts';
import { checkReferences } from './checks/references.ts';
import { checkRoutes, type RegexChecker } from './checks/routes.ts';
import { checkServices } from './checks/services.ts';
import { warn } from './checks/warnings.ts';
import { explainIssues, FAULTS_MAX } from './explain.ts';
import { type Fault, type FaultParts, makeFault } from './fault.ts';
import { rawConfig, rawObject } from './raw.ts';
import { configSchema, type ValidConfig } from './schema/config.ts';

/** A configuration that can be compiled, with what deserves a second look; or why not. */
export type Validation =
  | { readonly ok: true; readonly config: ValidConfig; readonly warnings: readonly Fault[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * Validates a configuration. Never throws, whatever the value.
 * @param checkRegex Says what is wrong with a regular expression, or null (`io/regex.ts`).
 */
export function validate(value: unknown, checkRegex: RegexChecker): Validation {
  const parsed = configSchema.safeParse(value);
  const faults = parsed.success ? [] : explainIssues(value, parsed.error.issues);
  const raw = rawConfig(value);
  const report = collect(value, faults);
  checkKeys(value, report);
  checkReferences(raw, report);
  checkAddresses(raw, report);
  checkListeners(raw, report);
  checkLayer4(raw, report);
  checkKernel(raw, report);
  checkRoutes(raw, checkRegex, report);
  checkFilters(raw, checkRegex, report);
  checkCaches(raw, report);
  checkServices(raw, report);
  checkFleet(raw, report);
  checkObserve(raw, report);
  checkAlerts(raw, checkRegex, report);
  checkCapacity(raw, report);
  if (!parsed.success || faults.length > 0) return { ok: false, faults: inOrder(faults) };
  const warnings: Fault[] = [];
  warn(parsed.data, collect(value, warnings));
  warnKernel(raw, collect(value, warnings));
  warnForwardProxy(raw, collect(value, warnings));
  return { ok: true, config: parsed.data, warnings };
}

/** Adds faults to a list until it is full; one per place and text. */
function collect(root: unknown, list: Fault[]): (parts: FaultParts) => void {
  return (parts) => {
    if (list.length < FAULTS_MAX) list.push(makeFault(root, parts));
  };
}

/** The schema library skips a key `__proto__`, so that a setting under it would be ignored without a word. */
function checkKeys(value: unknown, report: (parts: FaultParts) => void): void {
  for (const section of ['listeners', 'services']) {
    const entries = rawObject(rawObject(value)[section]);
    if (Object.hasOwn(entries, '__proto__')) report({ path: [section, '__proto__'], what: 'is not a name' });
  }
}

/** Faults of one listener, service or route together, in the order in which each was first named. */
function inOrder(faults: readonly Fault[]): readonly Fault[] {
  return [...Map.groupBy(faults, (fault) => /^[^.[]*(?:\.[^.[]+|\[[^\]]*\])?/.exec(fault.path)?.[0]).values()].flat();
}
