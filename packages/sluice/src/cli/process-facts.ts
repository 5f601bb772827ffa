/** What the process knows of itself, for metrics and the status. Read when somebody asks: about 0.1 ms. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { timestamp } from '../base/time.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import type { CacheStatus } from '../control/caching/cache-keeper.ts';
import type { AlertStatus } from '../observe/alert-status.ts';
import type { CacheTierFacts, ProcessFacts } from '../observe/metric-family.ts';
import { certificateFacts } from './certificate-status.ts';
import type { ControlPlane } from './control-plane.ts';
import type { ObservePlane } from './observe-plane.ts';
import type { ProgramState } from './program-state.ts';

export function processFacts(plane: ControlPlane, observe: ObservePlane, program: ProgramState): ProcessFacts {
  const { supervisor, applier, certificates, fleet, health, caches } = plane;
  const cpu = process.cpuUsage();
  const { applied, refused } = program.reloads();
  const plan = applier.running?.plan ?? null;
  return {
    version: program.version,
    runtime: `node ${process.versions.node}`,
    workers: supervisor.running,
    workerRestarts: supervisor.restarts,
    get utilization() {
      return supervisor.utilizations().map(({ index, utilization }) => ({ worker: index, ratio: utilization }));
    },
    mainBusySeconds: performance.eventLoopUtilization().active / 1_000,
    generation: plan?.generation ?? 0,
    reloadsApplied: applied,
    reloadsRefused: refused,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    // What only an exposition shows is not read for a status.
    get virtualBytes() {
      return virtualBytes();
    },
    get openFiles() {
      return openFiles();
    },
    maxFiles: MAX_FILES,
    startSeconds: timestamp(program.startedAtMs) / 1_000,
    certificates: { lives: plan === null ? [] : certificateFacts(plan, nodeRuntime.clock.wall()), ...certificates.counts },
    get fleet() {
      return fleet.backend.status();
    },
    get degraded() {
      return health.status().map(({ service, isDegraded }) => ({ service, isDegraded }));
    },
    get caches() {
      return caches.status().flatMap(tiersOf);
    },
    get alerts() {
      return alertCounts(observe.alerts.list());
    },
    get notices() {
      return observe.alerts.notices();
    },
    get spans() {
      return Object.entries(observe.exporter.counts.traces).map(([outcome, count]) => ({ outcome, count: Number(count) }));
    },
  };
}

function tiersOf({ name, disk, shared, ...memory }: CacheStatus): CacheTierFacts[] {
  const { entries, bytes, capacityBytes, hits, misses, insertions, evictions } = memory;
  const tiers: CacheTierFacts[] = [{ cache: name, tier: 'memory', entries, bytes, capacityBytes, hits, misses, insertions, evictions }];
  if (disk !== null) {
    const { writes, ...figures } = disk;
    tiers.push({
      cache: name,
      tier: 'disk',
      entries: figures.entries,
      bytes: figures.bytes,
      capacityBytes: figures.capacityBytes,
      hits: figures.hits,
      misses: null,
      insertions: writes,
      evictions: figures.evictions,
    });
  }
  if (shared !== null) {
    const unknown = { entries: null, bytes: null, capacityBytes: null, evictions: null };
    tiers.push({ cache: name, tier: 'shared', ...unknown, hits: shared.hits, misses: shared.misses, insertions: shared.writes });
  }
  return tiers;
}

function alertCounts(alerts: readonly AlertStatus[]): ProcessFacts['alerts'] {
  const groups = Map.groupBy(alerts, ({ state, severity }) => `${state} ${severity}`);
  return [...groups.values()].map((members) => ({ state: members[0]!.state, severity: members[0]!.severity, count: members.length }));
}

/** Since Linux 6.2 the folder's size is their number; before, they are counted. */
function openFiles(): number | null {
  return attempt(() => statSync('/proc/self/fd').size || readdirSync('/proc/self/fd').length);
}

function virtualBytes(): number | null {
  const kibibytes = attempt(() => /^VmSize:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? null);
  return kibibytes === null ? null : Number(kibibytes) * 1_024;
}

/** Null where there is no /proc. */
function attempt<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** The soft limit, which Node raises to the hard one when it starts. */
const MAX_FILES = maxFiles();

function maxFiles(): number | null {
  const found = attempt(() => /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? null);
  return found === null ? null : Number(found);
}
