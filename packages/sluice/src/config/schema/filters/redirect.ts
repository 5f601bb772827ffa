/** How `redirect` is written. */
import type { RedirectPlan } from '../../filters/redirect-plan.ts';
import { section } from '../section.ts';

export const redirectSchema = section('an object', {})
  .transform((): RedirectPlan => ({ isOn: true }))
  .meta({ id: 'RedirectFilter', title: 'Redirect', description: '' });
