/** `sluice continue`: a deploy that was held goes on. */
import type { Command } from 'commander';
import { registerVerb } from './fleet-command.ts';

/** Adds the command. */
export function register(program: Command): void {
  registerVerb(program, 'continue', 'Let a deploy go on that `sluice hold` stopped.');
}
