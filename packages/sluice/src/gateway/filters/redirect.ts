import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'redirect'> = {
  create: () => ({ onRequest: () => PASS }),
};
