/** How `rateLimit` is written. */
import type { RateLimitPlan } from '../../filters/rate-limit-plan.ts';
import { section } from '../section.ts';

export const rateLimitSchema = section('an object', {})
  .transform((): RateLimitPlan => ({}) as RateLimitPlan)
  .meta({ id: 'RateLimitFilter', title: 'RateLimit', description: '' });
