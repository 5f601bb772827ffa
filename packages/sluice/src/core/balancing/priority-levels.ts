/**
 * How a service's requests are divided over its priority levels, as Envoy does it: a level takes all it can while enough of it is
 * usable, and what it cannot take spills to the next. Overprovisioning of 1.4 means that a level keeps everything until fewer than 71.4 % of
 * it are usable; at 50 % it keeps 70 %.
 * Source: Envoy documentation, "Priority levels" and "Panic threshold".
 */

const OVERPROVISIONING = 1.4;

/** What is known of one level. */
export interface LevelHealth {
  /** Endpoints configured with weight. */
  readonly total: number;
  /** Endpoints that may take requests. */
  readonly usable: number;
  /** Endpoints neither draining nor in maintenance: what the panic threshold is a share of. */
  readonly admitted: number;
}

/** What a level gets. */
export interface LevelShare {
  /** Share of the requests, 0..1. */
  readonly load: number;
  /** Health is ignored: too few are healthy for the others to be believed. */
  readonly isPanicking: boolean;
}

/**
 * Divides the load over the levels, first priority first.
 * @param panicThreshold Share 0..1 of healthy among admitted endpoints; 0 = never panic.
 */
export function divideLoad(levels: readonly LevelHealth[], panicThreshold: number): LevelShare[] {
  const health = levels.map((level) => (level.total === 0 ? 0 : Math.min(1, (OVERPROVISIONING * level.usable) / level.total)));
  const sum = health.reduce((total, share) => total + share, 0);
  const normal = Math.min(1, sum);
  // With enough healthy endpoints over all levels, spilling is better than panic.
  const panics = levels.map((level) => normal < 1 && level.admitted > 0 && level.usable / level.admitted < panicThreshold);
  if (normal === 0) {
    // Nobody is healthy: the first level that may panic takes everything.
    const first = panics.indexOf(true);
    return levels.map((_, index) => ({ load: index === first ? 1 : 0, isPanicking: panics[index]! }));
  }
  let rest = 1;
  return levels.map((_, index) => {
    const load = Math.min(rest, health[index]! / normal);
    rest -= load;
    return { load, isPanicking: panics[index]! };
  });
}
