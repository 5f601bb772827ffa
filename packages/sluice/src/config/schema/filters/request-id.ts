/** How `requestId` is written. */
import type { RequestIdPlan } from '../../filters/request-id-plan.ts';
import { section } from '../section.ts';

export const requestIdSchema = section('an object', {})
  .transform((): RequestIdPlan => ({ isOn: true }))
  .meta({ id: 'RequestIdFilter', title: 'RequestId', description: '' });
