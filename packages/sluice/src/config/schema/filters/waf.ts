/** How `waf` is written. */
import type { WafPlan } from '../../filters/waf-plan.ts';
import { section } from '../section.ts';

export const wafSchema = section('an object', {})
  .transform((): WafPlan => ({ isOn: true }))
  .meta({ id: 'WafFilter', title: 'Waf', description: '' });
