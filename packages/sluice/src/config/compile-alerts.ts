/** Compiles alerts. */
import { type AlertPlan, NO_ALERTS } from './observe-plan.ts';
import type { ValidConfig } from './schema/config.ts';

export function compileAlerts(_config: ValidConfig): AlertPlan {
  return NO_ALERTS;
}
