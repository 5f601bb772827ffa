import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'compress'> = {
  create: () => ({ onRequest: () => PASS }),
};
