/** `sluice up`: everything that a configuration file says. */
import type { Command } from 'commander';
import { findConfigFile } from '../io/config-path.ts';
import { adminFlag, fileSource } from './config-source.ts';
import { wholeNumber } from './flags.ts';

interface UpFlags {
  readonly config?: string;
  readonly workers?: string;
  readonly admin?: string;
  readonly watch?: true;
}

const WORKERS_MAX = 64;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('up')
    .description('Run a whole configuration.')
    .option('--config <file>', 'configuration file (default: sluice.config.{ts,mts,js,mjs,yaml,yml,json})')
    .option('--workers <number>', 'data-plane threads (default: what the configuration says, or one per core)')
    .option('--admin <address>', 'where the admin API listens, or off (default: what the configuration says)')
    .option('--watch', 'reload when the configuration file changes')
    .addHelpText('after', `\n${HELP}`)
    .action(async (flags: UpFlags) => {
      process.exitCode = await up(flags);
    });
}

const HELP = `SIGHUP and \`sluice reload\` read the configuration again; a wrong one is refused and the old one runs on.
SIGTERM finishes what is in flight, a second one ends at once. SIGUSR1 reopens the access log.

Examples:
  sluice up
  sluice up --config sluice.config.yaml --workers 2 --watch`;

async function up(flags: UpFlags): Promise<number> {
  const workers = flags.workers === undefined ? undefined : wholeNumber('--workers', flags.workers, 1, WORKERS_MAX);
  const path = flags.config ?? findConfigFile(process.cwd()) ?? undefined;
  const source = fileSource(path, { workers, admin: adminFlag(flags.admin) });
  const { Program } = await import('./program.ts');
  return new Program({
    source,
    isAdminOptional: false,
    isReloadable: true,
    watch: path === undefined ? null : { path, isAlways: flags.watch === true },
  }).run();
}
