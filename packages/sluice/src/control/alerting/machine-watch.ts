/**
 * How full memory and disks are, for alerts: resident memory against the least of the machine's and the control group's, and the file systems of
 * caches and logs. Looked at each minute at most; one look at a time, so a file system that hangs is asked once and holds nothing up.
 */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import type { Plan } from '../../config/plan.ts';

export interface MachineShares {
  /** 0..1; null: not known yet. */
  readonly memory: number | null;
  readonly disks: readonly { readonly path: string; readonly share: number }[];
}

const EVERY_MS = 60_000;
/** What the kernel says where there is no bound is far above it. */
const UNBOUNDED = 2 ** 52;

export class MachineWatch {
  #shares: MachineShares = { memory: null, disks: [] };
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isLooking = false;

  /** What is known; a look begins when the last one is old. @param totalBytes Of the machine's memory. */
  shares(plan: Plan | null, totalBytes: number, now: number): MachineShares {
    if (!this.#isLooking && now - this.#lookedAt >= EVERY_MS) {
      this.#lookedAt = now;
      this.#isLooking = true;
      void this.#look(plan, totalBytes).finally(() => (this.#isLooking = false));
    }
    return this.#shares;
  }

  async #look(plan: Plan | null, totalBytes: number): Promise<void> {
    const memory = memoryShare(totalBytes);
    const disks = await Promise.all(pathsOf(plan).map(diskShare));
    this.#shares = { memory, disks: disks.filter((disk) => disk !== null) };
  }
}

/** Of the control group's bound where there is one: libuv reads it (`uv_get_constrained_memory`). */
function memoryShare(totalBytes: number): number {
  const constrained = process.constrainedMemory();
  const bound = constrained > 0 && constrained < UNBOUNDED ? Math.min(constrained, totalBytes) : totalBytes;
  return process.memoryUsage.rss() / bound;
}

function pathsOf(plan: Plan | null): readonly string[] {
  if (plan === null) return [];
  const caches = plan.caches.flatMap(({ disk }) => (disk === null ? [] : [disk.directory]));
  const log = plan.accessLog?.target ?? 'stdout';
  return [...new Set([...caches, ...(log === 'stdout' ? [] : [dirname(log)])])];
}

/** As `df` counts it: of what others than root may use. Null: it cannot be read, which is not this rule's to say. */
async function diskShare(path: string): Promise<{ path: string; share: number } | null> {
  try {
    const { blocks, bfree, bavail } = await statfs(path);
    const used = blocks - bfree;
    return used + bavail > 0 ? { path, share: used / (used + bavail) } : null;
  } catch {
    return null;
  }
}
