/** `sluice hold`: a deploy stops where it is. */
import type { Command } from 'commander';
import { registerVerb } from './fleet-command.ts';

/** Adds the command. */
export function register(program: Command): void {
  registerVerb(program, 'hold', 'Stop the deploy that is under way where it is; instances that crash are replaced all the same.');
}
