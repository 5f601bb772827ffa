/** Compiles scaling policies, and gives each the name by which people read of it: the signal's own, or what it is with a number. */
import { assert } from '../base/assert.ts';
import { readLevel } from './compile-fleet-level.ts';
import type { BuiltInSignal, ScalePolicyPlan, SignalPlan, StepPlan, TargetPolicyPlan } from './fleet-plan.ts';
import type { Path } from './fault.ts';
import type { ValidConfig } from './schema/config.ts';

type ValidPolicy = ValidConfig['services'][string]['replicas']['scale'][number];
type ValidTarget = Extract<ValidPolicy, { panic: unknown }>;
type ValidSteps = Extract<ValidPolicy, { steps: unknown }>;
type ValidSignal = ValidTarget['signal'];

/** The percentile of `latency` unless given. */
export const PERCENTILE = 95;
/** How often a function is asked unless given. */
const FUNCTION_POLL_MS = 5_000;

/** Signals that applications report of themselves (ORCA headers, agent). */
const REPORTED: ReadonlySet<BuiltInSignal> = new Set(['cpu', 'memory', 'event-loop', 'event-loop-delay', 'jobs']);

/** Where the policies stand. */
export interface ScalePlace {
  /** Of the list in the configuration. */
  readonly path: Path;
  /** Bound of one instance. */
  readonly memoryBytes: number | null;
}

/** Compiles the policies of a service. */
export function compileScale(policies: readonly ValidPolicy[], place: ScalePlace): readonly ScalePolicyPlan[] {
  const counts = new Map<string, number>();
  return policies.map((policy, index) => {
    const base = baseName(policy);
    const count = (counts.get(base) ?? 0) + 1;
    counts.set(base, count);
    // The checks have refused a second one of those that are not numbered.
    const name = isNumbered(policy) ? `${base} ${count}` : base;
    return compilePolicy(policy, name, { ...place, path: [...place.path, index] });
  });
}

/** Whether the applications' own reports are needed. */
export function readsReports(policies: readonly ValidPolicy[]): boolean {
  return policies.some((policy) => 'signal' in policy && typeof policy.signal === 'string' && REPORTED.has(policy.signal));
}

function baseName(policy: ValidPolicy): string {
  if ('schedule' in policy) return 'schedule';
  if ('at' in policy) return 'event';
  if ('predict' in policy) return `predict ${policy.predict}`;
  return 'steps' in policy ? `${signalName(policy)} steps` : signalName(policy);
}

function signalName({ signal, percentile = PERCENTILE }: ValidTarget | ValidSteps): string {
  if (typeof signal === 'function') return 'function';
  if (typeof signal === 'object') return 'prometheus' in signal ? 'prometheus' : 'url';
  return signal === 'latency' && percentile !== PERCENTILE ? `latency p${percentile}` : signal;
}

/** Kinds of which one service may well have several. */
function isNumbered(policy: ValidPolicy): boolean {
  return 'schedule' in policy || 'at' in policy || ('signal' in policy && typeof policy.signal !== 'string');
}

function compilePolicy(policy: ValidPolicy, name: string, place: ScalePlace): ScalePolicyPlan {
  if ('schedule' in policy) {
    const { schedule, zone, min, max, for: forMs } = policy;
    return { policy: 'schedule', name, cron: schedule, zone: zone ?? null, min: min ?? null, max: max ?? null, forMs: forMs ?? null };
  }
  if ('at' in policy) return { policy: 'event', name, atMs: policy.at, forMs: policy.for, times: policy.times };
  if ('predict' in policy) {
    const { predict: shape, target, lead, quantile } = policy;
    return { policy: 'predict', name, shape, target, leadMs: lead, quantile };
  }
  const signal = compileSignal(policy, [...place.path, 'signal']);
  if ('steps' in policy) {
    const steps = policy.steps.map((step) => compileStep(step, policy.signal, place));
    return { policy: 'step', name, signal, windowMs: policy.window, steps: steps.toSorted(byBound), cooldownMs: policy.cooldown };
  }
  return compileTarget(policy, name, signal, place);
}

function compileTarget(policy: ValidTarget, name: string, signal: SignalPlan, place: ScalePlace): TargetPolicyPlan {
  const { panic, window } = policy;
  return {
    policy: 'target',
    name,
    signal,
    target: levelOf(policy.target, policy.signal, place),
    stableMs: window,
    panic: panic && { windowMs: panic.window, threshold: panic.threshold },
  };
}

function compileSignal({ signal, percentile = PERCENTILE, poll, per }: ValidTarget | ValidSteps, key: Path): SignalPlan {
  if (typeof signal === 'function') return { kind: 'function', key, pollMs: poll ?? FUNCTION_POLL_MS, per: per ?? 'service' };
  if (typeof signal === 'string') return { kind: 'built-in', name: signal, percentile: percentile / 100 };
  if ('prometheus' in signal) {
    return { kind: 'prometheus', url: signal.prometheus, query: signal.query, pollMs: signal.poll, per: signal.per };
  }
  return { kind: 'url', url: signal.url, pointer: signal.pointer, pollMs: signal.poll, per: signal.per };
}

function compileStep(step: ValidSteps['steps'][number], signal: ValidSignal, place: ScalePlace): StepPlan {
  const { above, below, add, remove } = step;
  const when = above === undefined ? 'below' : 'above';
  const change = add ?? remove;
  assert(change !== undefined, 'a step changes something');
  const amount = add === undefined ? -change.amount : change.amount;
  return { when, bound: levelOf(above ?? below, signal, place), change: { by: change.by, amount } };
}

function byBound(left: StepPlan, right: StepPlan): number {
  return left.bound - right.bound;
}

function levelOf(given: unknown, signal: ValidSignal, { memoryBytes }: ScalePlace): number {
  const level = readLevel(given, { signal: typeof signal === 'string' ? signal : null, memoryBytes });
  assert(level.ok, 'the checks have seen every level');
  return level.value;
}
