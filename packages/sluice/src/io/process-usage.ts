/**
 * CPU time and memory of a process and what it started, out of `/proc`, for where there is no cgroup that counts them. Children are found through
 * `/proc/PID/task/TID/children`; one that was handed to init is not. Shared pages count once for each process that maps them.
 */
import { readdirSync } from 'node:fs';
import { readKernelFile, readKernelPids } from './proc-file.ts';
import { readProcessStat, TICKS_PER_SECOND } from './proc-stat.ts';

export interface ProcessUsage {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

/** A tree larger than this is looked at in part: the cost stays bounded. */
const PROCESSES_MAX = 64;

let pageBytes = 0;

/** Null when the process is gone. */
export function processUsage(leader: number): ProcessUsage | null {
  let cpuTicks = 0;
  let pages = 0;
  const pids = [leader];
  for (let index = 0; index < pids.length; index++) {
    const stat = readProcessStat(pids[index]!);
    if (stat === null && index === 0) return null;
    cpuTicks += stat?.cpuTicks ?? 0;
    pages += stat?.rssPages ?? 0;
    if (pids.length < PROCESSES_MAX) pids.push(...childrenOf(pids[index]!));
  }
  return { cpuSeconds: cpuTicks / TICKS_PER_SECOND, memoryBytes: pages * pageSize() };
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => readKernelPids(`/proc/${pid}/task/${thread}/children`));
  } catch {
    return [];
  }
}

/** Node does not say it: our own memory in bytes and in pages does, to the next power of two. */
function pageSize(): number {
  if (pageBytes === 0) {
    const pages = Number(readKernelFile('/proc/self/statm')?.split(' ')[1]);
    pageBytes = pages > 0 ? 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages)) : 4_096;
  }
  return pageBytes;
}
