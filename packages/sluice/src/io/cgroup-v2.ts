/**
 * A group of cgroup version 2: `cpu.max`, `memory.max` (with `memory.swap.max` 0, so that a bound is a bound, and `memory.oom.group`, so that an
 * instance at its bound ends as a whole), `cpu.stat`, `cgroup.kill`. Its parent must hand the controllers on (`cgroup-places.ts` sees to that).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { ResourcesPlan } from '../config/fleet-plan.ts';
import type { CgroupFiles } from './cgroup.ts';
import { readKernelCounts, readKernelFile } from './proc-file.ts';
import type { ProcessUsage } from './process-usage.ts';

const PERIOD_US = 100_000;
/** The kernel's least quota. */
const QUOTA_US_MIN = 1_000;

export class CgroupV2 implements CgroupFiles {
  readonly directories: readonly string[];
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.directories = [directory];
  }

  create(): void {
    mkdirSync(this.#directory);
    this.#tryWrite('memory.oom.group', '1');
  }

  add(pid: number): Promise<void> {
    return writeFile(`${this.#directory}/cgroup.procs`, String(pid));
  }

  setResources({ cpu, memoryBytes }: ResourcesPlan): string | null {
    const quota = cpu === null ? 'max' : String(Math.max(QUOTA_US_MIN, Math.round(cpu * PERIOD_US)));
    const held = this.usage()?.memoryBytes ?? 0;
    // The kernel would kill it at once where version 1 refuses.
    if (memoryBytes !== null && held > memoryBytes) {
      return `memory ${memoryBytes} bytes: the instance holds more than that now; choose a larger bound, or deploy it anew`;
    }
    try {
      writeFileSync(`${this.#directory}/cpu.max`, `${quota} ${PERIOD_US}`);
      writeFileSync(`${this.#directory}/memory.max`, String(memoryBytes ?? 'max'));
    } catch (error) {
      return `cpu ${cpu}, memory ${memoryBytes}: ${(error as Error).message}`;
    }
    // Absent where the kernel has no swap.
    this.#tryWrite('memory.swap.max', memoryBytes === null ? 'max' : '0');
    return null;
  }

  usage(): ProcessUsage | null {
    const bytes = readKernelFile(`${this.#directory}/memory.current`);
    const microseconds = readKernelCounts(`${this.#directory}/cpu.stat`).get('usage_usec');
    if (bytes === null || microseconds === undefined) return null;
    const inactive = readKernelCounts(`${this.#directory}/memory.stat`).get('inactive_file') ?? 0;
    return { cpuSeconds: microseconds / 1e6, memoryBytes: Math.max(0, Number(bytes) - inactive) };
  }

  oomKills(): number {
    return readKernelCounts(`${this.#directory}/memory.events`).get('oom_kill') ?? 0;
  }

  memoryBound(): number | null {
    const text = (readKernelFile(`${this.#directory}/memory.max`) ?? 'max').trim();
    return text === 'max' ? null : Number(text);
  }

  killAtOnce(): void {
    this.#tryWrite('cgroup.kill', '1');
  }

  #tryWrite(file: string, text: string): void {
    try {
      writeFileSync(`${this.#directory}/${file}`, text);
    } catch {
      // A kernel without it: `cgroup.kill` came with 5.14.
    }
  }
}
