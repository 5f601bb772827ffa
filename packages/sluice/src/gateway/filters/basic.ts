import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'basic'> = {
  create: () => ({ onRequest: () => PASS }),
};
