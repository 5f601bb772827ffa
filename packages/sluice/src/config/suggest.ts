/**
 * "Did you mean": the nearest of the allowed names by Damerau-Levenshtein distance (optimal string alignment: insertion, deletion,
 * substitution, swap of neighbours). A suggestion is made only when at most a third of the name differs, because a wrong one is worse than none.
 */

/** Longer inputs are never a slip of the finger, and bound the work. */
const LENGTH_MAX = 64;

/**
 * The distance between two texts; stops early above `limit`.
 * @returns The distance, or `limit + 1` when it is larger. Cost: product of the lengths.
 */
export function editDistance(left: string, right: string, limit: number = Number.POSITIVE_INFINITY): number {
  if (Math.abs(left.length - right.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[row - 1] === right[column - 1];
      let best = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + (isSame ? 0 : 1));
      const isSwap = row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (isSwap) best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1);
      current.push(best);
    }
    if (Math.min(...current) > limit) return limit + 1;
    beforeLast = last;
    last = current;
  }
  return Math.min(last[right.length] ?? 0, limit + 1);
}

/** The allowed name that was probably meant; null when none is near. */
export function suggest(given: string, allowed: Iterable<string>): string | null {
  if (given === '' || given.length > LENGTH_MAX) return null;
  const wanted = plain(given);
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const name of allowed) {
    if (name.length > LENGTH_MAX) continue;
    const distance = editDistance(wanted, plain(name), bestDistance - 1);
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** Letters only: `least_connections`, `leastConnections` and `least-connections` are one slip. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_. ]/g, '');
}
