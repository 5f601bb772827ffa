/** Where caches of a plan keep replies on disk: paths made whole, and a directory that cannot be had is a fault of the configuration. Nothing is made here. */
import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { CacheStorePlan, MemoryPlan, Plan } from '../config/plan.ts';
import type { FilterReader } from './filter-material.ts';

export interface CacheMaterial {
  readonly caches: readonly CacheStorePlan[];
  readonly memories: readonly MemoryPlan[];
}

/** The parts of a plan that name directories. */
export async function readCaches(plan: Plan, reader: Pick<FilterReader, 'directory' | 'fault'>): Promise<CacheMaterial> {
  const caches = plan.caches.map((cache) =>
    cache.disk === null ? cache : { ...cache, disk: { ...cache.disk, directory: resolve(reader.directory, cache.disk.directory) } },
  );
  const owners = new Map<string, string>();
  for (const { name, disk } of caches) {
    if (disk === null) continue;
    const path = ['caches', name, 'disk', 'path'];
    const other = owners.get(disk.directory);
    owners.set(disk.directory, name);
    if (other !== undefined) {
      reader.fault(
        path,
        `is the directory of the cache ${JSON.stringify(other)}, too: ${disk.directory}`,
        'give each cache a directory of its own',
      );
      continue;
    }
    const fault = await directoryFault(disk.directory);
    if (fault !== null) reader.fault(path, fault, 'name a directory that the user Sluice runs as may make or write to');
  }
  const memories = plan.memories.map((memory) =>
    memory.kind === 'disk' ? { ...memory, directory: resolve(reader.directory, memory.directory) } : memory,
  );
  return { caches, memories };
}

/** Why a directory cannot be written to, or made where it is not there; null: it can. */
export async function directoryFault(directory: string): Promise<string | null> {
  for (let at = directory; ; at = dirname(at)) {
    const state = await stat(at).catch((error: NodeJS.ErrnoException) => error);
    if (state instanceof Error) {
      if (state.code === 'ENOENT' && dirname(at) !== at) continue;
      return `cannot be used: ${state.message}`;
    }
    if (!state.isDirectory()) return at === directory ? `is no directory: ${at}` : `cannot be made: ${at} is no directory`;
    const refused = await access(at, constants.W_OK | constants.X_OK).catch((error: NodeJS.ErrnoException) => error);
    if (!(refused instanceof Error)) return null;
    return at === directory ? `cannot be written to: ${refused.message}` : `cannot be made: ${refused.message}`;
  }
}
