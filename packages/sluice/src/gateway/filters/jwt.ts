import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'jwt'> = {
  create: () => ({ onRequest: () => PASS }),
};
