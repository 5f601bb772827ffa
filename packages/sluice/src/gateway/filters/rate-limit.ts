import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'rateLimit'> = {
  create: () => ({ onRequest: () => PASS }),
};
