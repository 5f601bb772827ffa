/** What holds for all instances that Sluice runs. */
import { decimal, flag, size, text } from './scalar.ts';
import { preset, section } from './section.ts';

const budget = section("an object such as { cpu: 6, memory: '12GiB' }", {
  cpu: decimal(0.01, 100_000).optional().describe('Cores. Without it, no bound.'),
  memory: size('1MiB', '65536GiB').optional().describe('Memory. Without it, no bound.'),
}).meta({
  id: 'Budget',
  title: 'Budget',
  description: 'What all processes and containers together may be promised, by the `resources` of each. None is started past it.',
});

/** The fleet as a whole. */
export const fleetSchema = preset(
  section("an object such as { directory: '/var/lib/sluice' }", {
    directory: text('the path of a directory', 4_096)
      .meta({ 'x-range': 'path' })
      .optional()
      .describe(
        "Where instances are remembered, and sockets lie; from the configuration's directory, made with mode 0700. Without it one that goes with the program; with `detach`, `.sluice`.",
      ),
    detach: flag().default(false).describe('Instances outlive Sluice, and are found again when it starts. Otherwise they end with it.'),
    budget: preset(budget, {}).describe('What all instances of this machine together may be promised.'),
  }).meta({ id: 'Fleet', title: 'Fleet', description: 'What holds for all instances that Sluice runs.' }),
  {},
);
