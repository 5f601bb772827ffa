/** `sluice reload`: makes a running Sluice read its configuration again, and says what changed. */
import type { Command } from 'commander';
import type { ReloadResult } from '../admin/backend.ts';
import { type AdminFlags, adminOption, callAdmin } from './admin-command.ts';
import { shortDuration } from './table.ts';

/** A reload waits for every worker and for listeners that open. */
const TIMEOUT_MS = 60_000;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('reload')
    .description('Read the configuration again and apply what differs.')
    .addOption(adminOption())
    .action(async (flags: AdminFlags) => {
      const result = (await callAdmin(flags, { method: 'POST', path: '/api/reload', timeoutMs: TIMEOUT_MS })) as ReloadResult & {
        ok: true;
      };
      process.stdout.write(`${reloadLines(result).join('\n')}\n`);
    });
}

/** What was done, one change to a line. */
export function reloadLines({ generation, changes, tookMs }: ReloadResult & { ok: true }): string[] {
  if (changes.length === 0) return [`nothing differs; generation ${generation} runs on`];
  return [`generation ${generation} runs, after ${shortDuration(tookMs)}`, ...changes.map((change) => `  ${change}`)];
}
