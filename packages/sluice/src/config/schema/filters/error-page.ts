/** How `errorPage` is written. */
import type { ErrorPagePlan } from '../../filters/error-page-plan.ts';
import { section } from '../section.ts';

export const errorPageSchema = section('an object', {})
  .transform((): ErrorPagePlan => ({ isOn: true }))
  .meta({ id: 'ErrorPageFilter', title: 'ErrorPage', description: '' });
