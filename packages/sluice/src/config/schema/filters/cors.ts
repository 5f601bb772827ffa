/** How `cors` is written. */
import type { CorsPlan } from '../../filters/cors-plan.ts';
import { section } from '../section.ts';

export const corsSchema = section('an object', {})
  .transform((): CorsPlan => ({ isOn: true }))
  .meta({ id: 'CorsFilter', title: 'Cors', description: '' });
