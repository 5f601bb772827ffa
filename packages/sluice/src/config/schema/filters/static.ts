/** How `static` is written. */
import type { StaticPlan } from '../../filters/static-plan.ts';
import { section } from '../section.ts';

export const staticSchema = section('an object', {})
  .transform((): StaticPlan => ({ isOn: true }))
  .meta({ id: 'StaticFilter', title: 'Static', description: '' });
