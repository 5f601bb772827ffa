import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'fixed'> = {
  create: () => ({ onRequest: () => PASS }),
};
