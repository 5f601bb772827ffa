/** How `fault` is written. */
import type { FaultPlan } from '../../filters/fault-plan.ts';
import { section } from '../section.ts';

export const faultSchema = section('an object', {})
  .transform((): FaultPlan => ({ isOn: true }))
  .meta({ id: 'FaultFilter', title: 'Fault', description: '' });
