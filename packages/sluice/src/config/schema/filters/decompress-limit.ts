/** How `decompressLimit` is written. */
import type { DecompressLimitPlan } from '../../filters/decompress-limit-plan.ts';
import { section } from '../section.ts';

export const decompressLimitSchema = section('an object', {})
  .transform((): DecompressLimitPlan => ({ isOn: true }))
  .meta({ id: 'DecompressLimitFilter', title: 'DecompressLimit', description: '' });
