/** `sluice cache status`: what the caches of a running Sluice hold, and how often they had what was asked for. */
import type { Command } from 'commander';
import type { AdminCacheStatus } from '../admin/cache-backend.ts';
import { type AdminFlags, adminOption, callAdmin } from './admin-command.ts';
import { type Column, tableLines } from './table.ts';

/** Where nobody says how wide the terminal is. */
const WIDTH = 120;
const right = (title: string): Column => ({ title, align: 'right' });
const COLUMNS: readonly Column[] = [
  { title: 'CACHE', align: 'left' },
  ...['REPLIES', 'MEMORY', 'HIT RATIO', 'HITS', 'MISSES', 'STORED', 'EVICTED'].map(right),
];

/** Adds the command. */
export function registerStatus(cache: Command): void {
  cache
    .command('status')
    .description('Show what the caches of a running Sluice hold.')
    .addOption(adminOption())
    .action(async (flags: AdminFlags) => {
      const caches = (await callAdmin(flags, { method: 'GET', path: '/api/caches' })) as readonly AdminCacheStatus[];
      process.stdout.write(`${cacheLines(caches, process.stdout.columns ?? WIDTH).join('\n')}\n`);
    });
}

/** A table, a line for each cache. */
export function cacheLines(caches: readonly AdminCacheStatus[], width: number): string[] {
  if (caches.length === 0) return ['no cache is in use'];
  const rows = caches.map(({ name, entries, bytes, capacityBytes, hits, misses, insertions, evictions }) => [
    name,
    String(entries),
    `${mebibytes(bytes)} of ${mebibytes(capacityBytes)} MiB`,
    hits + misses === 0 ? '-' : `${((100 * hits) / (hits + misses)).toFixed(1)}%`,
    String(hits),
    String(misses),
    String(insertions),
    String(evictions),
  ]);
  return tableLines(COLUMNS, rows, width);
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
