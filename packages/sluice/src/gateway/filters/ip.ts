import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'ip'> = {
  create: () => ({ onRequest: () => PASS }),
};
