/** What the scaler has to know of a signal beside its figure: whether instances share it, and what it can mean that there is none. */
import type { SignalPlan } from './policy.ts';
import type { PolicyView } from './evaluation.ts';

/** More instances do not divide these by their number, so the proportional rule does not hold for them. */
const NOT_LINEAR: ReadonlySet<string> = new Set(['latency', 'queue-wait', 'event-loop-delay']);

/** These are measured on requests: where there is none, there is no figure, and that is no fault. */
const OF_REQUESTS: ReadonlySet<string> = new Set(['latency', 'queue-wait']);

/** Shares of what an instance has: they end at 1, however much is asked of it. */
const SHARES: ReadonlySet<string> = new Set(['cpu', 'memory', 'event-loop']);

/** Built in, but not about requests: work that waits elsewhere. */
const OF_OTHER_WORK: ReadonlySet<string> = new Set(['jobs']);

export function isLinear(signal: SignalPlan): boolean {
  return signal.kind !== 'built-in' || !NOT_LINEAR.has(signal.name);
}

/** Whether a total of this signal above 0 is a reason to be awake although nothing is asked. */
export function isOtherWork(signal: SignalPlan): boolean {
  return signal.kind === 'built-in' ? OF_OTHER_WORK.has(signal.name) : signal.per === 'service';
}

/**
 * From which multiple of the ready instances' targets panic begins. A share cannot reach twice a target of 0.7, so for shares it is at most half-way between
 * the target and all that there is.
 */
export function panicThreshold(signal: SignalPlan, target: number, threshold: number): number {
  const isShare = signal.kind === 'built-in' && SHARES.has(signal.name) && target < 1;
  return isShare ? Math.min(threshold, (1 + 1 / target) / 2) : threshold;
}

/**
 * Whether an unknown figure is to keep instances from being taken away. It does, but for figures that come with requests: nobody can know
 * the latency of no request, and after the plan's idle time applications have had nothing to report with.
 */
export function unknownHolds(signal: SignalPlan, view: PolicyView): boolean {
  if (signal.kind !== 'built-in' || isOtherWork(signal)) return true;
  return !view.isIdle && (view.isBusy || !OF_REQUESTS.has(signal.name));
}
