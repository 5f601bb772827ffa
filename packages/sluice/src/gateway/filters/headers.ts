import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'headers'> = {
  create: () => ({ onRequest: () => PASS }),
};
