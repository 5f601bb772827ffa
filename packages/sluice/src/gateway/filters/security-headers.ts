import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'securityHeaders'> = {
  create: () => ({ onRequest: () => PASS }),
};
