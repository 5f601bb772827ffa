/**
 * How a service's requests are divided over the versions of what runs there, while one takes another's place: each gets exactly its share, whatever
 * its number of endpoints and their weights, as long as it has one that may be used. The share of a version that has none goes to the others in
 * proportion, so that a canary that dies costs nothing but its retries.
 */
import type { LevelHealth, LevelShare } from './priority-levels.ts';

/** Shares 0..1 by version. */
export type VersionSplit = Readonly<Record<string, number>>;

/**
 * Divides the load over versions.
 * @param shares Wanted, in the order of `levels`.
 * @param panicThreshold Share 0..1 of healthy among admitted endpoints below which health does not count; 0 = never.
 */
export function divideSplit(levels: readonly LevelHealth[], shares: readonly number[], panicThreshold: number): LevelShare[] {
  const usable = levels.map((level) => level.usable > 0);
  const isPanicking = !usable.includes(true) && panicThreshold > 0;
  const able = isPanicking ? levels.map((level) => level.admitted > 0) : usable;
  const total = shares.reduce((sum, share, index) => sum + (able[index]! ? share : 0), 0);
  const spare = total > 0 ? -1 : able.indexOf(true);
  return levels.map((level, index) => {
    const share = able[index]! && total > 0 ? shares[index]! / total : 0;
    return { load: index === spare ? 1 : share, isPanicking: isPanicking || isBelow(level, panicThreshold) };
  });
}

function isBelow(level: LevelHealth, threshold: number): boolean {
  return level.usable > 0 && level.usable / level.admitted < threshold;
}
