/** How `fixed` is written. */
import type { FixedPlan } from '../../filters/fixed-plan.ts';
import { section } from '../section.ts';

export const fixedSchema = section('an object', {})
  .transform((): FixedPlan => ({ isOn: true }))
  .meta({ id: 'FixedFilter', title: 'Fixed', description: '' });
