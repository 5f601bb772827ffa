import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'cache'> = {
  create: () => ({ onRequest: () => PASS }),
};
