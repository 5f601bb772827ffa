/** `sluice rollback`: brings the version back that ran before the deploy. */
import type { Command } from 'commander';
import { registerVerb } from './fleet-command.ts';

/** Adds the command. */
export function register(program: Command): void {
  registerVerb(program, 'rollback', 'Bring the version back that ran before the deploy.');
}
