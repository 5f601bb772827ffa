import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'rewrite'> = {
  create: () => ({ onRequest: () => PASS }),
};
