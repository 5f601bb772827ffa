/**
 * A group of cgroup version 1: `cpu.cfs_quota_us` per `cpu.cfs_period_us`, `memory.limit_in_bytes` (with `memory.memsw.limit_in_bytes` where swap is
 * counted, so that a bound is a bound), `cpuacct.usage`. A controller that is not mounted is left out. What a process held before it came in stays
 * charged to where it was.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { ResourcesPlan } from '../config/fleet-plan.ts';
import type { CgroupFiles } from './cgroup.ts';
import { readKernelCounts, readKernelFile } from './proc-file.ts';
import type { ProcessUsage } from './process-usage.ts';

/** Directories of one group, or under which groups are made, by controller; null where it is not mounted. */
export interface V1Directories {
  readonly cpu: string | null;
  readonly cpuacct: string | null;
  readonly memory: string | null;
}

const PERIOD_US = 100_000;
/** The kernel's least quota. */
const QUOTA_US_MIN = 1_000;
/** `memory.limit_in_bytes` of a group without a bound: the largest whole number of pages. */
const UNBOUND_BYTES = 2 ** 60;

export class CgroupV1 implements CgroupFiles {
  readonly directories: readonly string[];
  readonly #cpu: string | null;
  readonly #cpuacct: string | null;
  readonly #memory: string | null;

  constructor(group: V1Directories) {
    this.#cpu = group.cpu;
    this.#cpuacct = group.cpuacct;
    this.#memory = group.memory;
    this.directories = [...new Set([group.memory, group.cpu, group.cpuacct].filter((path) => path !== null))];
  }

  create(): void {
    for (const directory of this.directories) mkdirSync(directory);
  }

  async add(pid: number): Promise<void> {
    await Promise.all(this.directories.map((directory) => writeFile(`${directory}/cgroup.procs`, String(pid))));
  }

  setResources({ cpu, memoryBytes }: ResourcesPlan): string | null {
    return this.#setCpu(cpu) ?? this.#setMemory(memoryBytes);
  }

  usage(): ProcessUsage | null {
    if (this.#cpuacct === null || this.#memory === null) return null;
    const nanoseconds = readKernelFile(`${this.#cpuacct}/cpuacct.usage`);
    const bytes = readKernelFile(`${this.#memory}/memory.usage_in_bytes`);
    if (nanoseconds === null || bytes === null) return null;
    const inactive = readKernelCounts(`${this.#memory}/memory.stat`).get('total_inactive_file') ?? 0;
    return { cpuSeconds: Number(nanoseconds) / 1e9, memoryBytes: Math.max(0, Number(bytes) - inactive) };
  }

  oomKills(): number {
    return this.#memory === null ? 0 : (readKernelCounts(`${this.#memory}/memory.oom_control`).get('oom_kill') ?? 0);
  }

  memoryBound(): number | null {
    const text = this.#memory === null ? null : readKernelFile(`${this.#memory}/memory.limit_in_bytes`);
    return text === null || Number(text) >= UNBOUND_BYTES ? null : Number(text);
  }

  /** Version 1 has no such thing. */
  killAtOnce(): void {}

  #setCpu(cpu: number | null): string | null {
    if (this.#cpu === null) return cpu === null ? null : 'cpu: no cgroup holds the cpu controller; mount it, or leave the bound out';
    const quota = cpu === null ? -1 : Math.max(QUOTA_US_MIN, Math.round(cpu * PERIOD_US));
    try {
      writeFileSync(`${this.#cpu}/cpu.cfs_period_us`, String(PERIOD_US));
      writeFileSync(`${this.#cpu}/cpu.cfs_quota_us`, String(quota));
      return null;
    } catch (error) {
      return `cpu ${cpu}: ${(error as Error).message}; a bound may not be above that of the group which Sluice itself runs in`;
    }
  }

  #setMemory(bytes: number | null): string | null {
    if (this.#memory === null)
      return bytes === null ? null : 'memory: no cgroup holds the memory controller; mount it, or leave the bound out';
    const limit = `${this.#memory}/memory.limit_in_bytes`;
    const withSwap = `${this.#memory}/memory.memsw.limit_in_bytes`;
    const text = String(bytes ?? -1);
    // The bound with swap may never be below the one without: down, memory goes first; up, the other.
    const order = readKernelFile(withSwap) === null ? [limit] : this.#isLower(bytes) ? [limit, withSwap] : [withSwap, limit];
    try {
      for (const path of order) writeFileSync(path, text);
      return null;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EBUSY') return `memory ${text} bytes: ${(error as Error).message}`;
      return `memory ${text} bytes: the instance holds more than that now; choose a larger bound, or deploy it anew`;
    }
  }

  #isLower(bytes: number | null): boolean {
    return (bytes ?? Infinity) < (this.memoryBound() ?? Infinity);
  }
}
