import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'requestId'> = {
  create: () => ({ onRequest: () => PASS }),
};
