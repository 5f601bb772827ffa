/** How `apiKey` is written. */
import type { ApiKeyPlan } from '../../filters/api-key-plan.ts';
import { section } from '../section.ts';

export const apiKeySchema = section('an object', {})
  .transform((): ApiKeyPlan => ({ isOn: true }))
  .meta({ id: 'ApiKeyFilter', title: 'ApiKey', description: '' });
