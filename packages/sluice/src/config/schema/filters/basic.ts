/** How `basic` is written. */
import type { BasicPlan } from '../../filters/basic-plan.ts';
import { section } from '../section.ts';

export const basicSchema = section('an object', {})
  .transform((): BasicPlan => ({ isOn: true }))
  .meta({ id: 'BasicFilter', title: 'Basic', description: '' });
