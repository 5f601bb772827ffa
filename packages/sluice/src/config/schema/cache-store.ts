/** Where caches keep replies, and the stores that nodes share. */
import * as z from 'zod';
import { EVICTION_NAMES } from '../../core/caching/eviction/policy.ts';
import { choice, duration, name, size, text } from './scalar.ts';
import { optional, preset, section } from './section.ts';

const disk = section("an object such as { path: '/var/cache/sluice', size: '10GiB' }", {
  path: text('a directory', 4096).describe("A directory of its own; made if it is not there. Relative to the configuration's file."),
  size: preset(size('1MiB', '1048576GiB'), '10GiB').describe('How much it may hold.'),
}).meta({ id: 'CacheDisk', title: 'Disk tier', description: 'Replies survive a restart.' });

const shared = section("an object such as { store: 'main' }", {
  store: name().describe('One of the `stores`.'),
  prefix: text('a prefix', 64, 0).default('cache:').describe('In front of every key.'),
  objectMax: preset(size('1KiB', '64MiB'), '1MiB').describe('Larger replies are not shared.'),
}).meta({ id: 'CacheShared', title: 'Shared tier', description: 'Replies that one node has fetched are hits on all.' });

/** One of the caches. */
export const cacheStoreSchema = section("an object such as { memory: '512MiB' }", {
  memory: preset(size('1MiB', '64GiB'), '128MiB').describe('Memory that all workers share; the process grows into it.'),
  objectMax: preset(size('1KiB', '4GiB'), '16MiB').describe('Larger replies are passed on without being kept.'),
  eviction: choice(EVICTION_NAMES).default('s3-fifo').describe('Which reply goes when room is needed.'),
  disk: optional(disk, "an object such as { path: '/var/cache/sluice' }").describe('A tier on disk, behind memory.'),
  shared: optional(shared, "an object such as { store: 'main' }").describe('A tier that all nodes share, behind memory and disk.'),
}).meta({ id: 'CacheStore', title: 'Cache store', description: 'Where a cache keeps replies.' });

/** A Valkey or Redis. */
export const storeSchema = section("an object such as { url: 'redis://127.0.0.1:6379' }", {
  url: z
    .string({ error: "must be a URL such as 'redis://127.0.0.1:6379'" })
    .regex(
      /^(?:redis|rediss|valkey|valkeys|redis\+unix|valkey\+unix):\/\//,
      "must be a URL such as 'redis://127.0.0.1:6379', 'rediss://…' or 'redis+unix:///run/valkey.sock'",
    )
    .max(4096, 'must be at most 4096 characters')
    .describe("`redis://`, `rediss://` (TLS). A password belongs into the environment: `env('STORE_URL')`."),
  connectTimeout: preset(duration('10ms', '60s'), '2s').describe('How long connecting may take.'),
  commandTimeout: preset(duration('1ms', '10s'), '100ms').describe('How long an answer may take; then the store counts as away.'),
  prefix: text('a prefix', 64, 0).default('sluice:').describe('In front of every key.'),
}).meta({ id: 'Store', title: 'Store', description: 'A Valkey or Redis that nodes share.' });
