import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'apiKey'> = {
  create: () => ({ onRequest: () => PASS }),
};
