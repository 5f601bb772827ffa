/**
 * Who may use an endpoint is said by several at once: the probe, the outlier rules, the agent, the operator and the plan. Each owns its own bits here, and
 * the table's `state` is derived from all of them, so that nobody undoes what another has said (an endpoint that passes its probe stays
 * drained). The control plane is the only writer of `state`. A change bumps the service's epoch, after `since` is written: workers that see
 * the epoch see the rest.
 */
import type { Clock, Timestamp } from '../../base/time.ts';
import { DOWN, DRAINING, EJECTED, type EndpointTable, MAINTENANCE } from '../../core/balancing/endpoint-table.ts';

/** `fleet`: its instance is to end. `plan`: the endpoint was removed from the configuration and still finishes. */
export type StateOwner = 'probe' | 'outlier' | 'agent' | 'fleet' | 'operator' | 'plan';

export type EndpointState = 'up' | 'down' | 'ejected' | 'draining' | 'maintenance';

/** An endpoint's rows in the table. */
export interface StateSlots {
  readonly serviceSlot: number;
  readonly slot: number;
}

/** What counts of an endpoint's state, for people. */
export interface StateReport {
  readonly state: EndpointState;
  /** Why; null while it is up. */
  readonly reason: string | null;
  readonly since: Timestamp;
}

const OWNERS: readonly StateOwner[] = ['probe', 'outlier', 'agent', 'fleet', 'operator', 'plan'];
const WITHDRAWERS: readonly StateOwner[] = ['agent', 'fleet', 'operator', 'plan'];
const ALL_BITS = DOWN | EJECTED | DRAINING | MAINTENANCE;

/** From the strongest to the weakest: the first that is set names the state. */
const BY_STRENGTH: readonly (readonly [number, EndpointState])[] = [
  [MAINTENANCE, 'maintenance'],
  [DRAINING, 'draining'],
  [DOWN, 'down'],
  [EJECTED, 'ejected'],
];

interface Claim {
  readonly bits: number;
  readonly reason: string;
}

interface Holding {
  readonly claims: Map<StateOwner, Claim>;
  /** Whether coming up starts the service's slow start: not for those that the service starts with. */
  ramps: boolean;
  state: EndpointState;
  since: Timestamp;
}

export class StateBits {
  readonly #table: EndpointTable;
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #holdings: Map<number, Holding> = new Map();

  /** @param changed Something was announced; called before the change's cause goes on. */
  constructor(table: EndpointTable, clock: Clock, changed: () => void = () => {}) {
    this.#table = table;
    this.#clock = clock;
    this.#changed = changed;
  }

  /**
   * Takes an endpoint in; one that is known is left as it is. Call it after the slot was reset and before workers know it.
   * @param ramps Whether its first use is ramped up: true where the service was running without it.
   * @param isDown Whether it has to pass its probe before its first use.
   */
  adopt({ slot }: StateSlots, ramps: boolean, isDown: boolean): void {
    if (this.#holdings.has(slot)) return;
    const claims = new Map<StateOwner, Claim>(isDown ? [['probe', { bits: DOWN, reason: 'not probed yet' }]] : []);
    this.#holdings.set(slot, { claims, ramps, state: isDown ? 'down' : 'up', since: this.#clock.wall() });
    this.#table.since[slot] = ramps ? this.#clock.now() : 0;
    Atomics.and(this.#table.state, slot, ~ALL_BITS);
    if (isDown) Atomics.or(this.#table.state, slot, DOWN);
  }

  /** Lets an endpoint go; its slot may be handed out again. */
  forget(slot: number): void {
    this.#holdings.delete(slot);
  }

  /** Replaces what one owner says of an endpoint; an endpoint that was let go is left alone. */
  claim({ serviceSlot, slot }: StateSlots, owner: StateOwner, bits: number, reason: string): void {
    const holding = this.#holdings.get(slot);
    if (holding === undefined) return;
    if (bits === 0) holding.claims.delete(owner);
    else holding.claims.set(owner, { bits, reason });
    this.#derive(holding, serviceSlot, slot);
  }

  /** What balancing of this service depends on was changed, by whomever: workers see it at their next pick. */
  announce(serviceSlot: number): void {
    Atomics.add(this.#table.epoch, serviceSlot, 1);
    this.#changed();
  }

  /** The bits that one owner claims. */
  claimed(slot: number, owner: StateOwner): number {
    return this.#holdings.get(slot)?.claims.get(owner)?.bits ?? 0;
  }

  /** Whether somebody wants it out of use for a reason other than its health. */
  isWithdrawn(slot: number): boolean {
    return WITHDRAWERS.some((owner) => (this.claimed(slot, owner) & (DRAINING | MAINTENANCE)) !== 0);
  }

  /** Whether it would be out of use even if this owner claimed nothing. */
  isOutWithout(slot: number, owner: StateOwner): boolean {
    const claims = this.#holdings.get(slot)?.claims;
    return claims !== undefined && claims.size > (claims.has(owner) ? 1 : 0);
  }

  /** What counts of an endpoint; up for one that nobody knows. */
  report(slot: number): StateReport {
    const holding = this.#holdings.get(slot);
    if (holding === undefined) return { state: 'up', reason: null, since: this.#clock.wall() };
    const bit = BY_STRENGTH.find(([, state]) => state === holding.state)?.[0] ?? 0;
    const owner = OWNERS.findLast((name) => ((holding.claims.get(name)?.bits ?? 0) & bit) !== 0);
    const reason = owner === undefined ? null : `${owner}: ${holding.claims.get(owner)?.reason}`;
    return { state: holding.state, reason, since: holding.since };
  }

  #derive(holding: Holding, serviceSlot: number, slot: number): void {
    let bits = 0;
    for (const claim of holding.claims.values()) bits |= claim.bits;
    const before = Atomics.load(this.#table.state, slot) & ALL_BITS;
    if (bits === before) return;
    const state = BY_STRENGTH.find(([bit]) => (bits & bit) !== 0)?.[1] ?? 'up';
    if (state !== holding.state) {
      holding.state = state;
      holding.since = this.#clock.wall();
    }
    if (bits === 0 && holding.ramps) this.#table.since[slot] = this.#clock.now();
    // From now on it has been in use once, so each return is a return.
    holding.ramps = true;
    Atomics.or(this.#table.state, slot, bits);
    Atomics.and(this.#table.state, slot, bits | ~ALL_BITS);
    this.announce(serviceSlot);
  }
}
