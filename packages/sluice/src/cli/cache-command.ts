/** `sluice cache`: what is done about caches; each subcommand is a module of its own. */
import type { Command } from 'commander';
import { registerSimulate } from './cache-simulate.ts';

/** Adds the command. */
export function register(program: Command): void {
  const cache = program.command('cache').description('Work with caches.');
  registerSimulate(cache);
}
