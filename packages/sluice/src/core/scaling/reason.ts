/** A decision in one sentence: `in-flight 83 of 4 × 20: 5 wanted; max: 4 (max is 4)`. */
import type { BoundView } from './bounds/bound.ts';
import type { BoundApplied, Decision } from './decision.ts';
import { shown } from './evaluation.ts';

export function actionOf(current: number, wanted: number): Decision['action'] {
  if (wanted === current) return 'none';
  if (wanted === 0) return 'sleep';
  if (current === 0) return 'wake';
  return wanted > current ? 'out' : 'in';
}

/** The sentence for event lines, which are ASCII. */
export function eventReason(reason: string): string {
  return reason.replaceAll('×', 'x').replaceAll('±', '+-');
}

/** @param applied The bounds that moved the number; the last one is the one that people ask about, so it brings its detail. */
export function reasonOf(view: BoundView, raw: number, applied: readonly BoundApplied[], wanted: number): string {
  const steps = applied.map((each, index) => `${each.bound}: ${each.to}${index === applied.length - 1 ? ` (${each.detail})` : ''}`);
  const unchanged = applied.length === 0 && wanted === view.current ? ', as there are' : '';
  return [`${wish(view, raw)}${unchanged}`, ...steps].join('; ');
}

function wish({ winner, current, sample, plan }: BoundView, raw: number): string {
  if (winner === null) return plan.scale.length === 0 ? `no policies: ${raw} wanted` : `no policy has an answer: ${raw} wanted`;
  const { policy, figure, target, detail } = winner;
  if (figure === null || target === null) return `${policy} (${detail}): ${raw} wanted`;
  const isMean = sample.figures.get(policy)?.per === 'instance';
  return isMean
    ? `${policy} ${shown(figure)} of ${shown(target)} on ${sample.warm}: ${raw} wanted`
    : `${policy} ${shown(figure)} of ${current} × ${shown(target)}: ${raw} wanted`;
}
