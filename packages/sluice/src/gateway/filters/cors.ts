import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'cors'> = {
  create: () => ({ onRequest: () => PASS }),
};
