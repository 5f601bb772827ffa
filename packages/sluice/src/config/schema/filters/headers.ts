/** How `headers` is written. */
import type { HeadersPlan } from '../../filters/headers-plan.ts';
import { section } from '../section.ts';

export const headersSchema = section('an object', {})
  .transform((): HeadersPlan => ({ isOn: true }))
  .meta({ id: 'HeadersFilter', title: 'Headers', description: '' });
