/**
 * The contract that every algorithm keeps. An algorithm sees only candidates: who is eligible (health, priority, drain, panic) and with which weight
 * (slow start, agent) was decided before (`service-balancer.ts`), so each file here is the algorithm alone.
 */
import type { Random } from '../../base/random.ts';
import type { Instant } from '../../base/time.ts';
import type { EndpointTable } from './endpoint-table.ts';

/** No endpoint can be picked. */
export const NONE = -1;

/** The endpoints to choose from. Never changes in place: a change is a new object and an `update`. */
export interface Candidates {
  readonly count: number;
  /** Slots in the endpoint table, ascending by configuration order; `count` entries. */
  readonly slots: Int32Array;
  /** Effective weights, > 0, same order. */
  readonly weights: Float64Array;
  /** Addresses, same order: what hashing hashes, so that order and slots do not matter. */
  readonly addresses: readonly string[];
  /** Requests in flight at most, same order; 0 = no bound. */
  readonly requestsMax: Int32Array;
}

/** What an algorithm is built with. */
export interface BalancerContext {
  readonly table: EndpointTable;
  readonly random: Random;
  /** The service's slot, for its requests in flight. */
  readonly serviceSlot: number;
}

/** One algorithm over one set of candidates, in one worker. */
export interface Balancer {
  /** The candidates changed; keeps what it can (positions, tables of those that stayed). */
  update(candidates: Candidates): void;
  /**
   * Chooses an endpoint. Does not count it as in flight: the caller does.
   * @param key 32-bit hash of what the request is balanced by; 0 where the algorithm does not hash.
   * @param tried Slots not to choose (attempts before this one); usually empty.
   * @param now Monotonic time of this request.
   * @returns A slot, or NONE when every candidate is tried or full (`requestsMax`).
   */
  pick(key: number, tried: readonly number[], now: Instant): number;
  /**
   * A request on `slot` ended. Only algorithms that learn from it have this.
   * @param latencyMs From the request sent to the reply's head.
   * @param bytes Both ways.
   */
  observe?(slot: number, latencyMs: number, failed: boolean, bytes: number, now: Instant): void;
}
