import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'custom'> = {
  create: () => ({ onRequest: () => PASS }),
};
