/**
 * Memory that all workers share for filters, as plans ask for it: caches, and what rate limits count. What a plan asks for in the same form as the one before stays what it is, with what it
 * holds; anything else begins empty. What no plan asks for any more is freed when the last worker has forgotten it.
 */
import { isSame } from '../../config/diff.ts';
import { type MemoryPlan, memoryKey } from '../../config/memory-plan.ts';
import type { Plan } from '../../config/plan.ts';
import type { CacheParts } from '../caching/cache-keeper.ts';
import type { DiskKeeper } from '../caching/disk-keeper.ts';
import type { PushKeeper } from '../caching/push-keeper.ts';
import type { SharedPurges } from '../caching/shared-purges.ts';
import type { MemoryStore } from '../../core/caching/memory/memory-store.ts';

/** Memory that was made, and what the main thread does with it. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  /** The main thread's own way into a cache: purges and figures. */
  readonly cache?: MemoryStore;
  /** The disk of a cache. */
  readonly disk?: DiskKeeper;
  /** The purges of all nodes, of a cache. */
  readonly shared?: SharedPurges;
  /** Files that are pushed into a cache. */
  readonly pushes?: PushKeeper;
  /** A worker has crashed: what it held is free again. */
  workerGone?(worker: number): void;
  /** It is among those that are in use: what works for it may begin. */
  start?(): void;
  /** No plan asks for it any more. */
  close?(): void | Promise<void>;
}

interface Kept {
  readonly plan: MemoryPlan;
  readonly memory: SharedMemory;
}

export class SharedMemories {
  private kept = new Map<string, Kept>();
  private readonly make: (plan: MemoryPlan) => Promise<SharedMemory>;

  /** @param make Makes and formats memory of a kind. */
  constructor(make: (plan: MemoryPlan) => Promise<SharedMemory>) {
    this.make = make;
  }

  /** Before a plan goes to workers. */
  async prepare(plan: Plan): Promise<void> {
    if (plan.memories.length === 0 && this.kept.size === 0) return;
    const next = new Map<string, Kept>();
    for (const memory of plan.memories) {
      const key = memoryKey(memory);
      const before = this.kept.get(key);
      next.set(key, before !== undefined && isSame(before.plan, memory) ? before : { plan: memory, memory: await this.make(memory) });
    }
    const before = this.kept;
    this.kept = next;
    for (const [key, { memory }] of before) if (next.get(key)?.memory !== memory) void memory.close?.();
    for (const [key, { memory }] of next) if (before.get(key)?.memory !== memory) memory.start?.();
  }

  /** What workers are given, by `memoryKey`. */
  buffers(): Readonly<Record<string, SharedArrayBuffer>> {
    return Object.fromEntries([...this.kept].map(([key, { memory }]) => [key, memory.buffer]));
  }

  /** A worker has crashed, and will never run again under this number before this returns. */
  workerGone(worker: number): void {
    for (const { memory } of this.kept.values()) memory.workerGone?.(worker);
  }

  /** Caches of the plan that was asked for last, with all their tiers. */
  caches(): readonly CacheParts[] {
    return [...this.kept.values()].flatMap(({ plan: { name }, memory: { cache: store } }) => {
      if (store === undefined) return [];
      const disk = this.kept.get(memoryKey({ kind: 'disk', name }))?.memory.disk ?? null;
      const shared = this.kept.get(memoryKey({ kind: 'shared', name }))?.memory.shared ?? null;
      const pushes = this.kept.get(memoryKey({ kind: 'pushed', name }))?.memory.pushes ?? null;
      return [{ name, store, disk, shared, pushes }];
    });
  }

  /** Everything ends. */
  async close(): Promise<void> {
    const all = [...this.kept.values()];
    this.kept.clear();
    await Promise.all(all.map(async ({ memory }) => await memory.close?.()));
  }
}
