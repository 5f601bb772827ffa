import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'bodyLimit'> = {
  create: () => ({ onRequest: () => PASS }),
};
