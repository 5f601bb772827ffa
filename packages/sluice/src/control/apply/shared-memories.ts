/**
 * Memory that all workers share for filters, as plans ask for it: caches, and what rate limits count. What a plan asks for in the same form as the one before stays what it is, with what it
 * holds; anything else begins empty. What no plan asks for any more is freed when the last worker has forgotten it.
 */
import { type MemoryPlan, memoryKey } from '../../config/memory-plan.ts';
import type { Plan } from '../../config/plan.ts';

interface Kept {
  readonly plan: MemoryPlan;
  readonly buffer: SharedArrayBuffer;
}

export class SharedMemories {
  private kept = new Map<string, Kept>();
  private readonly make: (plan: MemoryPlan) => Promise<SharedArrayBuffer>;

  /** @param make Makes and formats memory of a kind. */
  constructor(make: (plan: MemoryPlan) => Promise<SharedArrayBuffer>) {
    this.make = make;
  }

  /** Before a plan goes to workers. */
  async prepare(plan: Plan): Promise<void> {
    if (plan.memories.length === 0 && this.kept.size === 0) return;
    const next = new Map<string, Kept>();
    for (const memory of plan.memories) {
      const key = memoryKey(memory);
      const before = this.kept.get(key);
      next.set(key, before !== undefined && isSame(before.plan, memory) ? before : { plan: memory, buffer: await this.make(memory) });
    }
    this.kept = next;
  }

  /** What workers are given, by `memoryKey`. */
  buffers(): Readonly<Record<string, SharedArrayBuffer>> {
    return Object.fromEntries([...this.kept].map(([key, { buffer }]) => [key, buffer]));
  }

  /** Of the plan that was asked for last. */
  all(): readonly Kept[] {
    return [...this.kept.values()];
  }
}

function isSame(left: MemoryPlan, right: MemoryPlan): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
