/**
 * Endpoints of a service that share its load as one: those of one priority, or, while requests are split between versions, those of one version: then priorities do not count.
 */
import { isAdmitted, isHealthy, type ServiceEndpoint } from './candidate-list.ts';
import type { EndpointTable } from './endpoint-table.ts';
import { divideLoad, type LevelHealth, type LevelShare } from './priority-levels.ts';
import { divideSplit, type VersionSplit } from './version-split.ts';

/** Endpoints by priority, the first to be used first; or by version, in an order that does not change with the shares: keys that are hashed keep their place in it. */
export function groupLevels(
  endpoints: readonly ServiceEndpoint[],
  split: VersionSplit | null,
): ReadonlyMap<number | string, readonly ServiceEndpoint[]> {
  return split === null ? byPriority(endpoints) : byVersion(endpoints, split);
}

/**
 * Each level's share of the load, by the health of its endpoints.
 * @param shares Wanted, in the order of `levels`; null: priorities decide.
 */
export function shareLoad(
  table: EndpointTable,
  levels: readonly (readonly ServiceEndpoint[])[],
  shares: readonly number[] | null,
  panicThreshold: number,
): LevelShare[] {
  const health = levels.map((endpoints) => healthOf(table, endpoints));
  return shares === null ? divideLoad(health, panicThreshold) : divideSplit(health, shares, panicThreshold);
}

/** Of the levels that `groupLevels` made. Versions that the split does not name get nothing while others can be used. */
export function sharesOf(split: VersionSplit, versions: Iterable<number | string>): readonly number[] {
  return Array.from(versions, (version) => (Object.hasOwn(split, version) ? split[version]! : 0));
}

function healthOf(table: EndpointTable, endpoints: readonly ServiceEndpoint[]): LevelHealth {
  const weighted = endpoints.filter((endpoint) => endpoint.weight > 0);
  const admitted = weighted.filter((endpoint) => isAdmitted(table, endpoint));
  const usable = admitted.filter((endpoint) => isHealthy(table, endpoint));
  return { total: weighted.length, usable: usable.length, admitted: admitted.length };
}

function byPriority(endpoints: readonly ServiceEndpoint[]): ReadonlyMap<number, readonly ServiceEndpoint[]> {
  const groups = Map.groupBy(endpoints, ({ priority }) => priority);
  return new Map([...groups].sort(([left], [right]) => left - right));
}

function byVersion(endpoints: readonly ServiceEndpoint[], split: VersionSplit): ReadonlyMap<string, readonly ServiceEndpoint[]> {
  const groups = Map.groupBy(endpoints, ({ version }) => version ?? '');
  const rank = (version: string): number => (Object.hasOwn(split, version) ? 0 : 1);
  return new Map([...groups].sort(([left], [right]) => rank(left) - rank(right) || (left < right ? -1 : 1)));
}
