/** `sluice purge`: takes replies out of caches, by URL, prefix, tag, or all. */
import type { Command } from 'commander';
import { type AdminFlags, adminOption, callAdmin } from './admin-command.ts';
import { CommandFault, EXIT_USAGE } from './console.ts';

interface PurgeFlags extends AdminFlags {
  readonly prefix?: string;
  readonly tag?: string;
  readonly all?: true;
  readonly soft?: true;
  readonly cache?: string;
}

/** A purge by prefix looks at every entry. */
const TIMEOUT_MS = 60_000;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('purge')
    .description('Take replies out of the caches of a running Sluice.')
    .argument('[url]', 'all that is kept of this URL, every variant of it')
    .option('--prefix <url>', 'what begins so: https://example.com/products/')
    .option('--tag <tag>', 'what its origin gave this tag (Surrogate-Key, Cache-Tag)')
    .option('--all', 'everything')
    .option('--soft', 'make it stale instead: served while a new one is fetched, or when none can be had')
    .option('--cache <name>', 'of this cache alone')
    .addOption(adminOption())
    .action(async (url: string | undefined, flags: PurgeFlags) => {
      const { prefix, tag, all, soft, cache } = flags;
      const target = { url, prefix, tag, all };
      if (Object.values(target).filter((value) => value !== undefined).length !== 1)
        throw new CommandFault(['give exactly one of URL, --prefix, --tag and --all'], EXIT_USAGE);
      const body = { ...target, ...(soft === true ? { soft } : {}), ...(cache === undefined ? {} : { cache }) };
      const answer = await callAdmin(flags, { method: 'POST', path: '/api/caches/purge', body, timeoutMs: TIMEOUT_MS });
      process.stdout.write(`${purgeLines(answer as PurgeAnswer, soft === true).join('\n')}\n`);
    });
}

interface PurgeAnswer {
  readonly purged: readonly { readonly cache: string; readonly entries: number }[];
}

/** What was done, a line for each cache. */
export function purgeLines({ purged }: PurgeAnswer, isSoft: boolean): string[] {
  if (purged.length === 0) return ['no cache is in use'];
  const done = isSoft ? 'stale' : 'purged';
  return purged.map(({ cache, entries }) =>
    entries < 0 ? `${cache}: ${done}` : `${cache}: ${done} ${entries} ${entries === 1 ? 'reply' : 'replies'}`,
  );
}
