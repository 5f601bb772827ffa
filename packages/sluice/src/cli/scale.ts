/** `sluice scale`: fixes the number of a service's instances, or leaves it to its policies again. */
import type { Command } from 'commander';
import { type AdminFlags, adminOption } from './admin-command.ts';
import { askFleet } from './fleet-command.ts';
import { wholeNumber } from './flags.ts';

const INSTANCES_MAX = 1_000;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('scale')
    .description("Fix the number of a service's instances; `auto` leaves it to the policies again.")
    .argument('<service>')
    .argument('<instances>', 'a number, or auto')
    .addOption(adminOption())
    .action((service: string, instances: string, flags: AdminFlags) =>
      askFleet(flags, service, 'scale', {
        instances: instances === 'auto' ? 'auto' : wholeNumber('<instances>', instances, 0, INSTANCES_MAX),
      }),
    );
}
