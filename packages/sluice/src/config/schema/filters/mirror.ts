/** How `mirror` is written. */
import type { MirrorPlan } from '../../filters/mirror-plan.ts';
import { section } from '../section.ts';

export const mirrorSchema = section('an object', {})
  .transform((): MirrorPlan => ({ isOn: true }))
  .meta({ id: 'MirrorFilter', title: 'Mirror', description: '' });
