/**
 * One cgroup per instance: what bounds its CPU and memory, counts what it uses, and holds everything that it started, so that nothing of it can
 * stay behind. Which version of cgroups has the controllers is found out once (`cgroup-places.ts`); version 1 keeps one directory per controller,
 * version 2 one for all (kernel: Documentation/admin-guide/cgroup-v1, cgroup-v2.rst). Costs: a directory or three per instance, 50 µs to read.
 */
import type { ResourcesPlan } from '../config/fleet-plan.ts';
import { killEach } from './process-groups.ts';
import { readKernelPids } from './proc-file.ts';
import type { ProcessUsage } from './process-usage.ts';
import { rmdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The files of one group, by version: `cgroup-v1.ts` and `cgroup-v2.ts` are it. */
export interface CgroupFiles {
  /** All directories of the group; the first one lists its processes. */
  readonly directories: readonly string[];
  /** Takes 5 ms per directory on the thread pool. Rejects when the kernel refuses. */
  add(pid: number): Promise<void>;
  /** @returns Why they cannot be set, with the remedy; null when they are. */
  setResources(resources: ResourcesPlan): string | null;
  /** Null where it cannot be read. */
  usage(): ProcessUsage | null;
  /** How many of its processes the kernel has killed at the memory bound. */
  oomKills(): number;
  /** Null = no bound. */
  memoryBound(): number | null;
  /** Kills all at once where the kernel can. */
  killAtOnce(): void;
}

/** Between two looks whether the killed are gone, and how often. */
const EMPTY_POLL_MS = 5;
const EMPTY_POLLS = 400;

/** The processes of a group; those in it now. */
export function processesIn(files: CgroupFiles): readonly number[] {
  return readKernelPids(`${files.directories[0]}/cgroup.procs`);
}

/**
 * Kills what is in the group until nothing is, then removes it. A process that the kernel cannot end (it hangs in a disk) keeps it: after 2 s it is
 * left to a later start.
 */
export async function clearGroup(files: CgroupFiles): Promise<void> {
  for (let poll = 0; poll < EMPTY_POLLS; poll++) {
    const pids = processesIn(files);
    if (pids.length === 0 && files.directories.every(removeDirectory)) return;
    if (pids.length > 0) {
      files.killAtOnce();
      killEach(pids);
    }
    await sleep(EMPTY_POLL_MS);
  }
}

/** @returns Whether it is gone. A group that holds processes cannot be removed (EBUSY). */
export function removeDirectory(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
