import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'waf'> = {
  create: () => ({ onRequest: () => PASS }),
};
