/** What a policy is asked with, and what it answers: the narrow waist between the scaler and its policies. */
import type { Instant } from '../../base/time.ts';
import type { PolicyAnswer } from './decision.ts';
import type { ScalePolicyPlan } from './policy.ts';
import type { Figure, ScalingSample } from './sample.ts';

/** One policy of a service, with what it remembers. */
export interface Policy {
  evaluate(view: PolicyView): Evaluation;
  /** Takes over a changed plan of the same kind and signal, and keeps its memory. */
  update(plan: ScalePolicyPlan): void;
}

export interface PolicyView {
  readonly sample: ScalingSample;
  readonly now: Instant;
  /** Instances asked for now. */
  readonly current: number;
  /** Something is asked of the service, or in flight. */
  readonly isBusy: boolean;
  /** How long nothing has been asked of it, in ms, as far as is known. */
  readonly idleMs: number;
  /** Idle for so long that nothing can be known from requests any more (`idleMs` of the plan). */
  readonly isIdle: boolean;
  readonly min: number;
  readonly max: number;
  /** The largest answer of the policies that look at the load; null until they have all been asked (events come last). */
  readonly reactive: number | null;
}

export interface Evaluation extends PolicyAnswer {
  /** Figure over what the present instances may take; null = the tolerance does not apply. */
  readonly ratio: number | null;
  /** There is work other than requests (or there will be): a service that may sleep stays awake for it. */
  readonly keepsAwake: boolean;
}

/** Sums and multiples of such figures are numbers still. */
const FIGURE_MAX = 1e15;

/** The reading for a policy in this sample; null when unknown. Sources outside may say anything. */
export function readingOf(sample: ScalingSample, name: string): Figure | null {
  const figure = sample.figures.get(name) ?? null;
  if (figure === null || !Number.isFinite(figure.value)) return null;
  return Math.abs(figure.value) <= FIGURE_MAX ? figure : { ...figure, value: Math.sign(figure.value) * FIGURE_MAX };
}

/** No opinion: this policy has nothing to say now. */
export function silent(policy: string, detail: string, holds = false): Evaluation {
  return { policy, figure: null, target: null, wanted: null, holds, detail, ratio: null, keepsAwake: false };
}

/** A figure for people: three significant digits. */
export function shown(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
