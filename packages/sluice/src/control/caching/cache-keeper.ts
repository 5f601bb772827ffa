/**
 * Caches as the control plane sees them: purges, and what they hold. A purge of memory is a write to memory that every worker reads, so it holds for each of them at once; disks and the other
 * nodes are told with it.
 */
import type { MemoryStore, MemoryStoreStats, StoredKey } from '../../core/caching/memory/memory-store.ts';
import type { PurgeOrder, PurgeTarget } from '../../core/caching/purge-order.ts';
import type { DiskKeeper, DiskStatus } from './disk-keeper.ts';
import type { PushKeeper } from './push-keeper.ts';
import type { SharedPurges, SharedStatus } from './shared-purges.ts';

/** A cache, and the main thread's own way into its tiers. */
export interface CacheParts {
  readonly name: string;
  readonly store: MemoryStore;
  /** Null: no disk tier. */
  readonly disk: DiskKeeper | null;
  /** Null: no tier that nodes share. */
  readonly shared: SharedPurges | null;
  /** Null: no route shows files that are pushed. */
  readonly pushes: PushKeeper | null;
}

export interface PurgeCount {
  readonly cache: string;
  /** Entries of memory that it reached; -1: not counted. */
  readonly entries: number;
}

/** A reply in memory. */
export interface KeptReply {
  /** `scheme://host/path?query`. What else is in its key, values of header fields and cookies, is not told. */
  readonly url: string;
  /** There may be several of this URL: its key has more. */
  readonly isVariant: boolean;
  readonly hits: number;
  readonly status: number;
  /** Of its body. */
  readonly bytes: number;
  /** Unix milliseconds. */
  readonly freshUntil: number;
  /** Purged softly. */
  readonly isPurged: boolean;
}

export interface CacheStatus extends MemoryStoreStats {
  readonly name: string;
  readonly disk: DiskStatus | null;
  readonly shared: SharedStatus | null;
}

export class CacheKeeper {
  private readonly parts: () => readonly CacheParts[];

  /** @param parts Of the plan that runs. */
  constructor(parts: () => readonly CacheParts[]) {
    this.parts = parts;
  }

  /** Resolves when every tier of this node has done it, and the store that nodes share knows of it: then no node takes anything from there any more that it means. */
  async purge(order: PurgeOrder): Promise<readonly PurgeCount[]> {
    const meant = this.meant(order);
    const counts = await this.purgeHere(order);
    await Promise.all(meant.map(async ({ shared }) => await shared?.publish(order)));
    return counts;
  }

  /** On this node alone: an order that another one has sent, say. */
  async purgeHere(order: PurgeOrder): Promise<readonly PurgeCount[]> {
    const meant = this.meant(order);
    // Before memory: what is read from the disk now would be put into memory after the purge. After it: what was taken from memory before it would be written behind the purge.
    for (const { disk } of meant) disk?.announce(order);
    const counts = meant.map(({ name, store }) => ({ cache: name, entries: purge(store, order.target, order.soft) }));
    await Promise.all(meant.map(async ({ disk }) => await disk?.purge(order)));
    return counts;
  }

  status(): readonly CacheStatus[] {
    return this.parts().map(({ name, store, disk, shared }) => ({
      name,
      ...store.stats(),
      disk: disk?.status() ?? null,
      shared: shared?.status() ?? null,
    }));
  }

  /** Replies in memory, the most used first; null: there is no such cache. @param limit 1 or more. */
  top(cache: string, limit: number): readonly KeptReply[] | null {
    const found = this.parts().find(({ name }) => name === cache);
    return found === undefined ? null : found.store.top(limit).map(withoutFields);
  }

  /** Files that are pushed into a cache; null: there is no such cache, or no route shows them. */
  pushes(cache: string): PushKeeper | null {
    return this.parts().find(({ name }) => name === cache)?.pushes ?? null;
  }

  private meant({ cache }: PurgeOrder): readonly CacheParts[] {
    return this.parts().filter(({ name }) => cache === null || name === cache);
  }
}

/** A further line of a key: whose it is (`@`), or what it varies by. */
const VARYING = /\n[^@]/;

/** Only the first line of a key is the URL. */
function withoutFields({ key, ...rest }: StoredKey): KeptReply {
  const end = key.indexOf('\n');
  return { url: end === -1 ? key : key.slice(0, end), isVariant: VARYING.test(key), ...rest };
}

function purge(store: MemoryStore, target: PurgeTarget, soft: boolean): number {
  switch (target.kind) {
    case 'url':
      return store.purgeKey(target.url, soft) + store.purgePrefix(`${target.url}\n`, soft);
    case 'prefix':
      return store.purgePrefix(target.prefix, soft);
    case 'tag':
      return store.purgeTag(target.tag, soft);
    case 'all':
      return store.purgeAll(soft);
  }
}
