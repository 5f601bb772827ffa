/** `sluice protect`: keeps an instance from being taken away by scaling. */
import type { Command } from 'commander';
import { type AdminFlags, adminOption } from './admin-command.ts';
import { askFleet } from './fleet-command.ts';

interface ProtectFlags extends AdminFlags {
  readonly undo?: true;
}

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('protect')
    .description('Keep an instance from being taken away by scaling. Deploys replace it all the same.')
    .argument('<service>')
    .argument('<instance>', 'as `sluice status` shows it: users.3')
    .option('--undo', 'it may be taken away again')
    .addOption(adminOption())
    .action((service: string, instance: string, flags: ProtectFlags) =>
      askFleet(flags, service, `instances/${encodeURIComponent(instance)}/protect`, { protected: flags.undo !== true }),
    );
}
