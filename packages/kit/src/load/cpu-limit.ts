/**
 * How many CPUs this process may use: the cgroup's quota (v2 `cpu.max`, v1 `cpu.cfs_quota_us`) where there is one, else the CPUs that the
 * operating system lets it run on. A quota of half a CPU gives 0.5, which `os.availableParallelism` cannot say.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const CGROUP = '/sys/fs/cgroup';

/** Reads a file of the system; undefined when it is not there. */
export type ReadText = (path: string) => string | undefined;

/** CPUs available, above 0, with fractions. */
export function cpuLimit(read: ReadText = readText, parallelism: number = availableParallelism()): number {
  const quota = versionTwo(read) ?? versionOne(read);
  return quota === undefined ? parallelism : Math.min(quota, parallelism);
}

/** `cpu.max` is `<quota|max> <period>`, both in microseconds. */
function versionTwo(read: ReadText): number | undefined {
  const path = /^0::(.*)$/m.exec(read('/proc/self/cgroup') ?? '')?.[1] ?? '/';
  const text = read(`${CGROUP}${path === '/' ? '' : path}/cpu.max`) ?? read(`${CGROUP}/cpu.max`);
  const [quota, period] = text?.trim().split(' ') ?? [];
  return ratio(quota, period);
}

/** A quota of -1 is no quota. */
function versionOne(read: ReadText): number | undefined {
  return ratio(read(`${CGROUP}/cpu/cpu.cfs_quota_us`), read(`${CGROUP}/cpu/cpu.cfs_period_us`));
}

function ratio(quota: string | undefined, period: string | undefined): number | undefined {
  const value = Number(quota) / Number(period);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
