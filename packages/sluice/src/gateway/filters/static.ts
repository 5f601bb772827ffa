import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'static'> = {
  create: () => ({ onRequest: () => PASS }),
};
