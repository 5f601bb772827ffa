/** How long to wait before the next attempt: doubling from 0.5 s to 10 s, with full spread in its upper half, so that many tabs do not come back at once. */
const FIRST_MS = 500;
const LAST_MS = 10_000;

/** @param attempt 0 for the first one after a loss. @param random 0..1. */
export function backoffMs(attempt: number, random: number): number {
  const bound = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(attempt, 20));
  return Math.max(FIRST_MS, bound * (0.5 + random / 2));
}
