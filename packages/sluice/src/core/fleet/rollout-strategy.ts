/** A deploy that goes another way than the configured one (`sluice deploy --strategy`), and what a canary is unless its steps are given. */
import type { CanaryGuardPlan, DeployPlan } from './deploy-policy.ts';

/** The steps of a canary that has none of its own. */
export const DEFAULT_CANARY: DeployPlan['canary'] = [
  { share: 0.05, pauseMs: 120_000 },
  { share: 0.25, pauseMs: 120_000 },
  { share: 0.5, pauseMs: 120_000 },
];

/** The defaults of `deploy.guard`. */
const DEFAULT_GUARD: CanaryGuardPlan = { errorMargin: 0.01, latencyMargin: 0.2, requestsMin: 100, significance: 0.01 };

/** The same deploy by another strategy. */
export function withStrategy(plan: DeployPlan, strategy: DeployPlan['strategy']): DeployPlan {
  if (strategy === plan.strategy) return plan;
  if (strategy !== 'canary') return { ...plan, strategy };
  return { ...plan, strategy, canary: plan.canary.length === 0 ? DEFAULT_CANARY : plan.canary, guard: plan.guard ?? DEFAULT_GUARD };
}
