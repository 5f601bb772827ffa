import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'forwardAuth'> = {
  create: () => ({ onRequest: () => PASS }),
};
