/** Randomness as an argument, so that a run can be replayed from its seed. */

/** Returns a number in [0, 1), like `Math.random`. */
export type Random = () => number;

/**
 * A small, fast, seedable generator (mulberry32; period 2^32; not for secrets).
 * @param seed Any integer; its low 32 bits count.
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** An integer in [0, below). */
export function randomInteger(random: Random, below: number): number {
  return (random() * below) | 0;
}
