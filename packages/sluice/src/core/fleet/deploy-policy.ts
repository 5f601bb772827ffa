/** How a deploy goes, compiled from `deploy` in the configuration; part of the FleetPlan. Durations are milliseconds. */

/** How one version takes another's place. */
export interface DeployPlan {
  readonly strategy: 'rolling' | 'canary' | 'blue-green';
  /** Instances above and below the wanted number; counts, or shares of it (surge rounds up, unavailable down). */
  readonly maxSurge: Amount;
  readonly maxUnavailable: Amount;
  /** Ready for so long before it counts as good. Default 0. */
  readonly steadyMs: number;
  /** The whole deploy; past it, it is rolled back. Default 10 min; canary pauses are not counted. */
  readonly progressMs: number;
  /** For `canary`: shares 0..1 of the requests, each held for so long; `pauseMs` null waits for `sluice deploy --promote`. */
  readonly canary: readonly { readonly share: number; readonly pauseMs: number | null }[];
  /** When the new version is rolled back for what its requests show; null = never. */
  readonly guard: CanaryGuardPlan | null;
  /** For `blue-green`: how long the old instances stay, ready for a rollback. Default 60 s. */
  readonly keepOldMs: number;
}

export interface Amount {
  readonly by: 'count' | 'share';
  readonly amount: number;
}

export interface CanaryGuardPlan {
  /** The new version's error rate may be above the old one's by this much (absolute share). Default 0.01. */
  readonly errorMargin: number;
  /** Its p95 latency may be above the old one's by this share. Default 0.2. */
  readonly latencyMargin: number;
  /** Requests of each version below which nothing is said. Default 100. */
  readonly requestsMin: number;
  /** One-sided. Default 0.01. */
  readonly significance: number;
}
