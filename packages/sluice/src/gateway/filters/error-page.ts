import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'errorPage'> = {
  create: () => ({ onRequest: () => PASS }),
};
