/** How `bodyLimit` is written. */
import type { BodyLimitPlan } from '../../filters/body-limit-plan.ts';
import { section } from '../section.ts';

export const bodyLimitSchema = section('an object', {})
  .transform((): BodyLimitPlan => ({ isOn: true }))
  .meta({ id: 'BodyLimitFilter', title: 'BodyLimit', description: '' });
