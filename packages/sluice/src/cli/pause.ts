/** `sluice pause`: holds requests to a service back; they wait until `sluice resume`, or the deadline. */
import type { Command } from 'commander';
import { parseDuration } from '../config/quantity.ts';
import { type AdminFlags, adminOption } from './admin-command.ts';
import { usageFault } from './console.ts';
import { askFleet } from './fleet-command.ts';

interface PauseFlags extends AdminFlags {
  readonly deadline?: string;
}

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('pause')
    .description('Hold requests to a service back: they wait, nobody is refused while there is room.')
    .argument('<service>')
    .option('--deadline <duration>', 'after which they go on by themselves, at most 1h (default: how long its requests may wait)')
    .addOption(adminOption())
    .action((service: string, flags: PauseFlags) => {
      const { deadline } = flags;
      if (deadline !== undefined && parseDuration(deadline) === null)
        throw usageFault(`--deadline must be a duration such as 30s, at most 1h, got "${deadline}"`);
      return askFleet(flags, service, 'pause', deadline === undefined ? {} : { deadline });
    });
}
