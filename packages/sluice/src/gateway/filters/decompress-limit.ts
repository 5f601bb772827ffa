import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'decompressLimit'> = {
  create: () => ({ onRequest: () => PASS }),
};
