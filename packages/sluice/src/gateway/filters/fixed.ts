/** A reply that is always the same, from memory. */
import type { FilterModule } from './filter.ts';

export const filter: FilterModule<'fixed'> = {
  create({ status, headers, body }) {
    const answer = { status, fields: headers.map(([name, value]) => `${name}: ${value}\r\n`).join(''), body };
    return { onRequest: (pass) => pass.answer(answer) };
  },
};
