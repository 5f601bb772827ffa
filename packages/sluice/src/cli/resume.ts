/** `sluice resume`: lets requests go on that `sluice pause` holds back. */
import type { Command } from 'commander';
import { registerVerb } from './fleet-command.ts';

/** Adds the command. */
export function register(program: Command): void {
  registerVerb(program, 'resume', 'Let requests go on that are held back.');
}
