/** How `forwardAuth` is written. */
import type { ForwardAuthPlan } from '../../filters/forward-auth-plan.ts';
import { section } from '../section.ts';

export const forwardAuthSchema = section('an object', {})
  .transform((): ForwardAuthPlan => ({ isOn: true }))
  .meta({ id: 'ForwardAuthFilter', title: 'ForwardAuth', description: '' });
