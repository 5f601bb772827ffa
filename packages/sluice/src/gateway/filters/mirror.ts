import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'mirror'> = {
  create: () => ({ onRequest: () => PASS }),
};
