/** `sluice cache`: what is done about caches; each subcommand is a module of its own. */
import type { Command } from 'commander';
import { registerPush } from './cache-push.ts';
import { registerSimulate } from './cache-simulate.ts';
import { registerStatus } from './cache-status.ts';

/** Adds the command. */
export function register(program: Command): void {
  const cache = program.command('cache').description('Work with caches.');
  registerStatus(cache);
  registerPush(cache);
  registerSimulate(cache);
}
