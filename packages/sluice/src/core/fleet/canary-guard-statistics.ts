/**
 * Two shares compared: is what happened to so many of one group's requests more than chance against the other's? One-sided, without libraries.
 *
 * - Fisher's exact test: with K of all n₁+n₂ requests marked, the marked ones among the n₂ are hypergeometric when both groups are alike; p is the upper tail.
 *   Exact in small counts, conservative (R. A. Fisher, Statistical Methods for Research Workers, 1934).
 * - Newcombe's hybrid score interval of a difference of shares: L = d − √((p₂−l₂)² + (u₁−p₁)²), with d = p₂−p₁ and l₂, u₁ from Wilson's score intervals
 *   (R. G. Newcombe, Statistics in Medicine 17 (1998), 873–890, method 10; E. B. Wilson, JASA 22 (1927), 209–212).
 *
 * Cost: the tail has as many terms as marked requests, and is cut when they no longer count; a few hundred in practice.
 */

/** Marked ones among so many. */
export interface Count {
  /** 0..total. */
  readonly marked: number;
  readonly total: number;
}

/**
 * Chance of at least `tested.marked` marked ones in the tested group if both groups were alike (Fisher's exact test, one-sided).
 * @returns 0..1.
 */
export function fisherTail(tested: Count, reference: Count): number {
  const all = tested.total + reference.total;
  const marked = tested.marked + reference.marked;
  const most = Math.min(marked, tested.total);
  const log = (count: number): number =>
    logChoose(marked, count) + logChoose(all - marked, tested.total - count) - logChoose(all, tested.total);
  let tail = 0;
  for (let count = tested.marked; count <= most; count++) {
    const term = Math.exp(log(count));
    tail += term;
    // Past the mode terms fall faster than geometrically.
    if (term < tail * 1e-12 && count > (marked * tested.total) / all) break;
  }
  return Math.min(1, tail);
}

/** Lower bound of `tested`'s share minus `reference`'s at the one-sided level, −1..1 (Newcombe). */
export function differenceLowerBound(tested: Count, reference: Count, level: number): number {
  const z = normalQuantile(1 - level);
  const difference = tested.marked / tested.total - reference.marked / reference.total;
  const below = tested.marked / tested.total - wilson(tested, -z);
  const above = wilson(reference, z) - reference.marked / reference.total;
  return difference - Math.hypot(below, above);
}

/** Wilson's bound of a share: the upper one for z > 0, the lower one for z < 0. */
function wilson({ marked, total }: Count, z: number): number {
  const share = marked / total;
  const square = (z * z) / total;
  const spread = z * Math.sqrt((share * (1 - share)) / total + square / (4 * total));
  return (share + square / 2 + spread) / (1 + square);
}

/** Quantile of the standard normal distribution, 0.5 ≤ share < 1; error below 4.5e-4 (Abramowitz and Stegun, 26.2.23). */
function normalQuantile(share: number): number {
  const t = Math.sqrt(-2 * Math.log(1 - share));
  return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}

function logChoose(total: number, chosen: number): number {
  if (chosen < 0 || chosen > total) return -Infinity;
  return logFactorial(total) - logFactorial(chosen) - logFactorial(total - chosen);
}

/** Below this the product is as fast as the series, and exact. */
const SMALL = 10;

/** ln n!, by Stirling's series; error below 1e-9. */
function logFactorial(n: number): number {
  if (n < SMALL) {
    let product = 1;
    for (let factor = 2; factor <= n; factor++) product *= factor;
    return Math.log(product);
  }
  const inverse = 1 / n;
  return n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + inverse / 12 - inverse ** 3 / 360 + inverse ** 5 / 1_260;
}
