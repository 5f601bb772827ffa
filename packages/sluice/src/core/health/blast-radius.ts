/**
 * Tells a failed shared dependency from failed endpoints. When every endpoint of a service that was up fails the same check, and their
 * failures began within one probe window, taking them all out would turn a partial failure (the check's database is gone, most pages are
 * cached) into a total one. So they stay usable, whatever the panic threshold says: the shell leaves their DOWN bit clear while `keeps` holds.
 * The service counts as degraded, which is said once; so is the end.
 *
 * Recovery: the first endpoint that is up again starts a grace of one window for the others. Taking them out at once would put the whole
 * load on the first one back. Endpoints that were down before, for a cause of their own, are no part of it. A service with one endpoint
 * cannot show the difference, nor one with all endpoints new: neither is ever degraded by this rule.
 */
import type { Instant } from '../../base/time.ts';
import type { ProbeState } from './probe-state.ts';

/** A service's endpoint as this rule sees it. */
export interface BlastMember {
  readonly endpoint: string;
  readonly state: ProbeState;
}

/** What changed and is worth saying: once each. */
export type BlastChange = 'degraded' | 'recovered' | null;

/** Fewer endpoints than this cannot fail "all at once". */
const MEMBERS_MIN = 2;

export class BlastRadius {
  /** Endpoints that are kept usable although they failed; empty when all is well. */
  #kept: Set<string> = new Set();
  /** When the grace after the first recovery ends; null while none is up. */
  #graceEnds: Instant | null = null;

  get isDegraded(): boolean {
    return this.#kept.size > 0;
  }

  /** Whether the endpoint is to stay usable although its probe says down. */
  keeps(endpoint: string): boolean {
    return this.#kept.has(endpoint);
  }

  /**
   * Looks at the whole service after a result changed something, after endpoints came or went, and at least once a window while degraded.
   * @param windowMs `probeWindowMs` of the check's rules.
   */
  judge(members: readonly BlastMember[], windowMs: number, now: Instant): BlastChange {
    return this.isDegraded ? this.#judgeDegraded(members, windowMs, now) : this.#judgeNormal(members, windowMs);
  }

  #judgeNormal(members: readonly BlastMember[], windowMs: number): BlastChange {
    let latest = -Infinity;
    for (const { state } of members) {
      if (state.isUp) return null;
      if (state.hasBeenUp && state.failingSince !== null) latest = Math.max(latest, state.failingSince);
    }
    const together = members.filter(
      ({ state }) => state.hasBeenUp && state.failingSince !== null && latest - state.failingSince <= windowMs,
    );
    if (together.length < MEMBERS_MIN) return null;
    this.#kept = new Set(together.map(({ endpoint }) => endpoint));
    this.#graceEnds = null;
    return 'degraded';
  }

  #judgeDegraded(members: readonly BlastMember[], windowMs: number, now: Instant): BlastChange {
    let upCount = 0;
    const kept = new Set<string>();
    for (const { endpoint, state } of members) {
      if (state.isUp) upCount += 1;
      // One that came back in the grace and failed again stays kept: it is the same event.
      if (this.#kept.has(endpoint)) kept.add(endpoint);
    }
    if (upCount === 0) {
      this.#graceEnds = null;
      this.#kept = kept;
      return kept.size === 0 ? 'recovered' : null;
    }
    this.#graceEnds ??= (now + windowMs) as Instant;
    if (upCount < members.length && now < this.#graceEnds) {
      this.#kept = kept;
      return null;
    }
    this.#kept = new Set();
    this.#graceEnds = null;
    return 'recovered';
  }
}
