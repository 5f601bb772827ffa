/**
 * Hit ratios that another simulator gave for the same traces and sizes, in per cent: objects of one size, room for 1 % or 10 % of those that
 * are asked for. web07 and web12 are recorded web requests, of the cache2k set that Caffeine's simulator carries; the others are made.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loopTrace, zipfTrace } from '../packages/sluice/src/core/caching/eviction/made-traces.ts';
import type { EvictionName } from '../packages/sluice/src/core/caching/eviction/policy.ts';
import type { ReplayTrace } from '../packages/sluice/src/core/caching/eviction/replay.ts';

/** W-TinyLFU as the reference has it: a window of 1 % that stays, or one that adapts; and a sketch of 4 counters for an entry. */
export type ReferencePolicy = EvictionName | 'w-tinylfu, 1 %' | 'w-tinylfu, adaptive';

export interface ReferenceRow {
  readonly trace: 'web12' | 'web07' | 'loop' | 'zipf';
  readonly capacity: number;
  readonly ratios: Readonly<Record<Exclude<ReferencePolicy, 'w-tinylfu'>, number>>;
}

type Values = readonly [number, number, number, number, number, number, number, number, number, number];

const ROWS: readonly (readonly [trace: ReferenceRow['trace'], capacity: number, values: Values])[] = [
  ['web12', 138, [37.7, 17.9, 39.8, 6.8, 21.8, 35.8, 41.1, 40.3, 34.0, 42.3]],
  ['web12', 1376, [64.5, 49.5, 68.5, 14.9, 60.2, 63.9, 72.3, 71.7, 70.0, 69.4]],
  ['web07', 205, [36.3, 20.5, 39.2, 7.7, 30.6, 35.6, 43.8, 42.2, 38.9, 43.0]],
  ['web07', 2048, [53.1, 42.2, 55.7, 14.1, 51.6, 52.8, 58.1, 57.9, 55.9, 53.3]],
  ['loop', 101, [0, 9.9, 0, 9.9, 0, 0, 0, 0, 7.8, 7.8]],
  ['zipf', 912, [29.8, 33.7, 33.4, 1.5, 43.3, 29.8, 44.3, 43.7, 43.9, 43.4]],
  ['zipf', 9123, [55.0, 59.1, 59.1, 11.7, 65.3, 55.0, 65.7, 65.3, 65.8, 65.6]],
];

export const REFERENCE: readonly ReferenceRow[] = ROWS.map(([trace, capacity, values]) => {
  const [fifo, lifo, lru, mru, lfu, random, s3Fifo, sieve, window, adaptive] = values;
  const rest = { 's3-fifo': s3Fifo, sieve, 'w-tinylfu, 1 %': window, 'w-tinylfu, adaptive': adaptive };
  return { trace, capacity, ratios: { fifo, lifo, lru, mru, lfu, random, ...rest } };
});

/** The recorded ones lie in SLUICE_TRACE_DIR, by default in `shared/data` beside the checkout. @returns Null where they do not. */
export function loadTrace(name: ReferenceRow['trace']): ReplayTrace | null {
  if (name === 'loop') return loopTrace(1_011, 506_000);
  if (name === 'zipf') return zipfTrace({ objects: 100_000, exponent: 0.9, requests: 1_000_000, seed: 1 });
  const directory = process.env['SLUICE_TRACE_DIR'] ?? fileURLToPath(new URL('../../shared/data', import.meta.url));
  const path = join(directory, `${name}.trace.xz`);
  return existsSync(path) ? numbered(execFileSync('xz', ['--decompress', '--stdout', path], { maxBuffer: 2 ** 28 })) : null;
}

/** Keys are big-endian unsigned 32-bit integers, one for each request. */
function numbered(bytes: Buffer): ReplayTrace {
  const objects = new Map<number, number>();
  const requests = Uint32Array.from({ length: bytes.length >> 2 }, (_, index) => {
    const key = bytes.readUInt32BE(4 * index);
    if (!objects.has(key)) objects.set(key, objects.size);
    return objects.get(key)!;
  });
  return { requests, objects: objects.size, sizes: null };
}
