/** What a container uses, from one answer of `/containers/{id}/stats`. */

export interface ContainerUsage {
  /** Since its start. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

interface Stats {
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number } };
  readonly memory_stats?: { readonly usage?: number; readonly stats?: Readonly<Record<string, number>> | null };
}

/** @returns Null for one that does not run. */
export function parseContainerUsage(answer: unknown): ContainerUsage | null {
  const { cpu_stats: cpu, memory_stats: memory } = answer as Stats;
  const nanoseconds = cpu?.cpu_usage?.total_usage;
  if (nanoseconds === undefined || memory?.usage === undefined) return null;
  // As `docker stats` has it: files that the kernel can drop at once are not counted (cgroup v1, then v2).
  const droppable = memory.stats?.['total_inactive_file'] ?? memory.stats?.['inactive_file'] ?? 0;
  return { cpuSeconds: nanoseconds / 1e9, memoryBytes: Math.max(0, memory.usage - droppable) };
}
