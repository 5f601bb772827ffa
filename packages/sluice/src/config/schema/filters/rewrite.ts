/** How `rewrite` is written. */
import type { RewritePlan } from '../../filters/rewrite-plan.ts';
import { section } from '../section.ts';

export const rewriteSchema = section('an object', {})
  .transform((): RewritePlan => ({ isOn: true }))
  .meta({ id: 'RewriteFilter', title: 'Rewrite', description: '' });
