/** How `jwt` is written. */
import type { JwtPlan } from '../../filters/jwt-plan.ts';
import { section } from '../section.ts';

export const jwtSchema = section('an object', {})
  .transform((): JwtPlan => ({ isOn: true }))
  .meta({ id: 'JwtFilter', title: 'Jwt', description: '' });
