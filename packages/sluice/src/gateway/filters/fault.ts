import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'fault'> = {
  create: () => ({ onRequest: () => PASS }),
};
