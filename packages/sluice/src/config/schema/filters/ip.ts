/** How `ip` is written. */
import type { IpPlan } from '../../filters/ip-plan.ts';
import { section } from '../section.ts';

export const ipSchema = section('an object', {})
  .transform((): IpPlan => ({ isOn: true }))
  .meta({ id: 'IpFilter', title: 'Ip', description: '' });
