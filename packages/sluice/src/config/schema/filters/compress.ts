/** How `compress` is written. */
import type { CompressPlan } from '../../filters/compress-plan.ts';
import { section } from '../section.ts';

export const compressSchema = section('an object', {})
  .transform((): CompressPlan => ({ isOn: true }))
  .meta({ id: 'CompressFilter', title: 'Compress', description: '' });
