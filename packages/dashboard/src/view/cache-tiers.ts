/** Caches for people: the tiers of one, the hit ratio of all routes, what the cache did for each route. */
import type { CacheStatus, TrafficSnapshot } from '../api/types.ts';

export interface TierRow {
  readonly tier: 'memory' | 'disk' | 'shared';
  readonly state: string;
  /** Null: not known here. */
  readonly entries: number | null;
  readonly bytes: number | null;
  readonly capacityBytes: number | null;
  readonly hits: number;
  readonly misses: number | null;
  readonly writes: number;
  readonly evictions: number | null;
}

export function tierRows(cache: CacheStatus): readonly TierRow[] {
  const { disk, shared } = cache;
  const memory = { ...cache, tier: 'memory' as const, state: 'on', writes: cache.insertions };
  // What is looked up on the disk was not in memory; the disk counts only what it had.
  return [
    memory,
    ...(disk === null ? [] : [{ ...disk, tier: 'disk' as const, misses: null }]),
    ...(shared === null ? [] : [{ ...shared, tier: 'shared' as const, entries: null, bytes: null, capacityBytes: null, evictions: null }]),
  ];
}

/** 0..1; null: nothing was looked up, or it is not known. */
export function hitRatio({ hits, misses }: { readonly hits: number; readonly misses: number | null }): number | null {
  return misses === null || hits + misses === 0 ? null : hits / (hits + misses);
}

/** Of all routes with a cache, by their requests; null: no request went to one. */
export function hitRatioOf({ routes }: TrafficSnapshot): number | null {
  let [hits, all] = [0, 0];
  for (const { rps, hitRatio: ratio } of Object.values(routes)) {
    if (ratio === null) continue;
    hits += rps * ratio;
    all += rps;
  }
  return all === 0 ? null : hits / all;
}

export interface Verdicts {
  readonly route: string;
  /** Verdict to requests, since the start. */
  readonly counts: ReadonlyMap<string, number>;
}

const SAMPLE = /^sluice_route_cache_requests_total\{route="((?:[^"\\]|\\.)*)",verdict="([^"]*)"\} (\d+)/;

/** Out of the metrics, in Prometheus' text form: what the cache did for each route. */
export function readVerdicts(metrics: string): readonly Verdicts[] {
  const routes = new Map<string, Map<string, number>>();
  for (const line of metrics.split('\n')) {
    const [, route, verdict, value] = SAMPLE.exec(line) ?? [];
    if (route === undefined || verdict === undefined) continue;
    const name = route.replaceAll(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
    if (!routes.has(name)) routes.set(name, new Map());
    routes.get(name)!.set(verdict, Number(value));
  }
  return [...routes].map(([route, counts]) => ({ route, counts }));
}
