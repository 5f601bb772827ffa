/**
 * Caches as the control plane sees them: purges, and what they hold. A purge of memory is a write to memory that every worker reads, so it holds for each of them at once; who else keeps
 * replies (disk, the store that nodes share) follows it (`PurgeFollower`).
 */
import type { MemoryStore, MemoryStoreStats } from '../../core/caching/memory/memory-store.ts';
import type { PurgeOrder, PurgeTarget } from '../../core/caching/purge-order.ts';

/** A cache, and the main thread's own way into its memory. */
export interface CacheMemory {
  readonly name: string;
  readonly store: MemoryStore;
}

/** A tier behind memory, or the other nodes. */
export interface PurgeFollower {
  /** @returns Entries, where they are counted; -1: not counted. */
  purge(order: PurgeOrder): Promise<number>;
}

export interface PurgeCount {
  readonly cache: string;
  /** Entries that it reached; -1: not counted. */
  readonly entries: number;
}

export interface CacheStatus extends MemoryStoreStats {
  readonly name: string;
}

export class CacheKeeper {
  private readonly memories: () => readonly CacheMemory[];
  private readonly followers: PurgeFollower[] = [];

  /** @param memories Of the plan that runs. */
  constructor(memories: () => readonly CacheMemory[]) {
    this.memories = memories;
  }

  follow(follower: PurgeFollower): void {
    this.followers.push(follower);
  }

  /** Resolves when every tier of this node has done it. */
  async purge(order: PurgeOrder): Promise<readonly PurgeCount[]> {
    const counts = this.purgeMemory(order);
    await Promise.all(this.followers.map((follower) => follower.purge(order)));
    return counts;
  }

  /** Of memory alone: an order that another node has sent, say. */
  purgeMemory(order: PurgeOrder): readonly PurgeCount[] {
    const meant = this.memories().filter(({ name }) => order.cache === null || name === order.cache);
    return meant.map(({ name, store }) => ({ cache: name, entries: purge(store, order.target, order.soft) }));
  }

  status(): readonly CacheStatus[] {
    return this.memories().map(({ name, store }) => ({ name, ...store.stats() }));
  }
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
