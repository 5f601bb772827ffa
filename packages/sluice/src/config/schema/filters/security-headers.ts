/** How `securityHeaders` is written. */
import type { SecurityHeadersPlan } from '../../filters/security-headers-plan.ts';
import { section } from '../section.ts';

export const securityHeadersSchema = section('an object', {})
  .transform((): SecurityHeadersPlan => ({ isOn: true }))
  .meta({ id: 'SecurityHeadersFilter', title: 'SecurityHeaders', description: '' });
