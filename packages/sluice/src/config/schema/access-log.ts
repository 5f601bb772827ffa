/** The access log: a line for each exchange. */
import * as z from 'zod';
import { choice, flag, share, text } from './scalar.ts';
import { preset, section } from './section.ts';

const format = choice(['json', 'combined']);

const detailed = section("a format, or an object such as { format: 'json', target: '/var/log/sluice.log' }", {
  format: format.default('json').describe("JSON lines with everything, or the combined format that web servers' tools read."),
  target: text("'stdout' or a file's path", 4096).default('stdout').describe("`stdout`, or a file's path (reopened on SIGUSR1)."),
  sample: preset(share(), 1).describe('Share of the exchanges that are logged. Errors (5xx and cut ones) always are.'),
  query: flag().default(true).describe('Whether query strings are logged. `false` where they may hold tokens or personal data.'),
}).meta({ id: 'AccessLog', title: 'Access log', description: 'A line for each exchange.' });

/** The access log; off unless given. Null when off. */
export const accessLogSchema = preset(
  z.union(
    [
      z.literal(false).transform(() => null),
      z.literal(true).transform(() => detailed.parse({})),
      format.transform((given) => detailed.parse({ format: given })),
      detailed,
    ],
    { error: "must be 'json', 'combined', an object, true or false" },
  ),
  false,
);
