/**
 * Whether the requests of a new version show that it is worse than the old one, by more than the margins of `CanaryGuardPlan`. Two questions:
 *
 * - Errors: both Fisher's exact test says that the new version fails more often, and the lower bound of the difference of the shares lies above the margin
 *   (non-inferiority; Newcombe's score interval). The first keeps the false alarms exact in small counts, the second is the margin.
 * - Latency: 5 % of the old version's requests are slower than its p95. The share of the new version's that are slower than p95 × (1 + margin), read from the histogram
 *   buckets, must not be above 5 %: Fisher's test of the two shares, so that the uncertainty of the old p95 counts too.
 *
 * Looking again and again would find a difference by chance some day. So it is looked at when the smaller sample has reached requestsMin × 1.5^k, and look k spends
 * significance × 6/(π²k²), halved over the two questions: over all looks, for ever, no more than the significance (Bonferroni; that a test may spend
 * its error over looks: Lan and DeMets, Biometrika 70 (1983), 659–663). The price is that a difference is found with up to half as many requests more.
 */
import { BUCKET_BOUNDS_MS, percentile, sampleCount } from '../../base/histogram.ts';
import { differenceLowerBound, fisherTail, type Count } from './canary-guard-statistics.ts';
import type { CanaryGuardPlan } from './deploy-policy.ts';
import type { GuardState, VersionFigures } from './rollout-state.ts';

export const NO_LOOKS: GuardState = { looks: 0, looksOfStep: 0 };

/** Between two looks the smaller sample grows by this factor. */
const GROWTH = 1.5;
const QUESTIONS = 2;
const SLOW_SHARE = 0.05;

/**
 * Looks at the figures if a look is due.
 * @returns Verdict: what is worse, for people; null when nothing is, or nothing can be said yet.
 */
export function judgeCanary(
  guard: GuardState,
  plan: CanaryGuardPlan,
  figures: { readonly from: VersionFigures; readonly to: VersionFigures },
): { readonly guard: GuardState; readonly verdict: string | null } {
  const smaller = Math.min(figures.from.requests, figures.to.requests);
  if (smaller < 1 || smaller < plan.requestsMin * GROWTH ** guard.looksOfStep) return { guard, verdict: null };
  const looks = guard.looks + 1;
  const looksOfStep = Math.max(0, Math.floor(Math.log(smaller / Math.max(1, plan.requestsMin)) / Math.log(GROWTH) + 1e-9)) + 1;
  const level = (plan.significance * 6) / (Math.PI * looks) ** 2 / QUESTIONS;
  const verdict = judgeErrors(plan, figures, level) ?? judgeLatency(plan, figures, level);
  return { guard: { looks, looksOfStep }, verdict };
}

type Figures = Parameters<typeof judgeCanary>[2];

function judgeErrors(plan: CanaryGuardPlan, { from, to }: Figures, level: number): string | null {
  const tested = { marked: to.failures, total: to.requests };
  const reference = { marked: from.failures, total: from.requests };
  if (differenceLowerBound(tested, reference, level) <= plan.errorMargin || fisherTail(tested, reference) >= level) return null;
  return `${describe(tested)} failed, of the old version's ${describe(reference)}: worse by more than ${percent(plan.errorMargin)}`;
}

function judgeLatency(plan: CanaryGuardPlan, { from, to }: Figures, level: number): string | null {
  const p95 = percentile(from.buckets, 1 - SLOW_SHARE);
  const total = sampleCount(to.buckets);
  if (p95 === null || total === 0) return null;
  const bound = p95 * (1 + plan.latencyMargin);
  // Above the last bound nothing is told apart.
  if (bound >= BUCKET_BOUNDS_MS.at(-1)!) return null;
  const old = sampleCount(from.buckets);
  const tested = { marked: Math.floor(slowerThan(to.buckets, bound)), total };
  if (fisherTail(tested, { marked: Math.ceil(old * SLOW_SHARE), total: old }) >= level) return null;
  const limit = `${round(bound)} ms (the old version's p95 of ${round(p95)} ms and ${percent(plan.latencyMargin)})`;
  return `${describe(tested)} took longer than ${limit}, where ${percent(SLOW_SHARE)} may`;
}

/** Samples above a duration, interpolated inside its bucket as `percentile` does. */
function slowerThan(buckets: Float64Array, ms: number): number {
  let slower = 0;
  for (let bucket = buckets.length - 1; bucket >= 0; bucket--) {
    const lower = bucket === 0 ? 0 : BUCKET_BOUNDS_MS[bucket - 1]!;
    const upper = BUCKET_BOUNDS_MS[bucket] ?? Infinity;
    if (upper <= ms) break;
    slower += buckets[bucket]! * (lower >= ms ? 1 : (upper - ms) / (upper - lower));
  }
  return slower;
}

function describe({ marked, total }: Count): string {
  return `${percent(marked / total)} of ${total} requests`;
}

function percent(share: number): string {
  return `${round(share * 100)} %`;
}

/** Three digits are enough for people. */
function round(value: number): number {
  return Number(value.toPrecision(3));
}
