/**
 * Balancing of one service in one worker: knows who may take requests, and asks the algorithm who does.
 *
 * The control plane writes states and weights into the endpoint table and bumps the service's epoch; a pick that sees another epoch
 * than the last works out the candidates anew (and every 100 ms while an endpoint is ramping up). All other picks cost the
 * algorithm and one read. Each level (`service-levels.ts`) has an algorithm of its own.
 */
import { mix32 } from '../../base/hash.ts';
import { instant } from '../../base/time.ts';
import type { Instant } from '../../base/time.ts';
import type { Random } from '../../base/random.ts';
import { NONE } from './balancer.ts';
import type { Balancer, Candidates } from './balancer.ts';
import { createBalancer, needsKey } from './balancers.ts';
import type { BalanceShape } from './balancers.ts';
import { listCandidates, rampFactor, sameCandidates } from './candidate-list.ts';
import type { ServiceEndpoint } from './candidate-list.ts';
import { NO_CANDIDATES } from './eligibility.ts';
import { DOWN, DRAINING, EJECTED, MAINTENANCE } from './endpoint-table.ts';
import type { EndpointTable } from './endpoint-table.ts';
import { endRequest, startRequest } from './in-flight.ts';
import { groupLevels, shareLoad, sharesOf } from './service-levels.ts';
import type { VersionSplit } from './version-split.ts';

const RAMP_STEP_MS = 100;
/** A key's level and its endpoint within it are drawn apart. */
const LEVEL_SEED = 0x6c8e9cf5;

export interface ServiceBalancerOptions {
  readonly table: EndpointTable;
  readonly random: Random;
  readonly serviceSlot: number;
  readonly balance: BalanceShape;
  readonly endpoints: readonly ServiceEndpoint[];
  /** Share 0..1 of healthy endpoints below which health is ignored; 0 = never. */
  readonly panicThreshold: number;
  /** 0 = no ramp. Hashing algorithms never ramp: it would move their keys with every step. */
  readonly slowStartMs: number;
  /** Shares by version; null or left out: priorities decide. */
  readonly split?: VersionSplit | null;
}

/** Endpoints with a balancer of their own: those of one priority, or, while a split holds, those of one version. */
interface Level {
  readonly key: number | string;
  readonly balancer: Balancer;
  endpoints: readonly ServiceEndpoint[];
  candidates: Candidates;
  load: number;
  isPanicking: boolean;
}

export class ServiceBalancer {
  /** Whether the algorithm needs a request's key. */
  readonly needsKey: boolean;
  /** Whether `observe` does anything; callers may skip it otherwise. */
  readonly learns: boolean;
  readonly #options: ServiceBalancerOptions;
  readonly #table: EndpointTable;
  readonly #serviceSlot: number;
  readonly #slowStartMs: number;
  #levels: Level[] = [];
  /** By level, while a split holds; else null. */
  #shares: readonly number[] | null = null;
  #levelBySlot = new Map<number, Level>();
  #epoch = 0;
  #rebuildAt: Instant = instant(-Infinity);

  constructor(options: ServiceBalancerOptions) {
    this.#options = options;
    this.#table = options.table;
    this.#serviceSlot = options.serviceSlot;
    this.needsKey = needsKey(options.balance.algorithm);
    this.learns = this.#createBalancer().observe !== undefined;
    this.#slowStartMs = this.needsKey ? 0 : options.slowStartMs;
    this.setEndpoints(options.endpoints, options.split);
  }

  /** Replaces the endpoints (a reload, discovery) and the split; an algorithm keeps what it knows of those that stay. */
  setEndpoints(endpoints: readonly ServiceEndpoint[], split: VersionSplit | null = null): void {
    const before = new Map(this.#levels.map((level) => [level.key, level]));
    const groups = groupLevels(endpoints, split);
    this.#levels = [...groups].map(([key, members]) => {
      const level = before.get(key) ?? this.#createLevel(key);
      level.endpoints = members;
      return level;
    });
    this.#shares = split && sharesOf(split, groups.keys());
    this.#levelBySlot = new Map(this.#levels.flatMap((level) => level.endpoints.map((endpoint) => [endpoint.slot, level])));
    this.#rebuildAt = instant(-Infinity);
  }

  /**
   * Chooses an endpoint for a request; does not count it (see `start`).
   * @param key 32-bit hash, where `needsKey`; else 0.
   * @param tried Slots of this request's earlier attempts.
   * @returns A slot, or NONE when nobody can take it.
   */
  pick(key: number, tried: readonly number[], now: Instant): number {
    if (this.#table.epoch[this.#serviceSlot] !== this.#epoch || now >= this.#rebuildAt) this.#rebuild(now);
    const levels = this.#levels;
    if (levels.length === 0) return NONE;
    const first = levels.length === 1 || levels[0]!.load === 1 ? 0 : this.#drawLevel(key);
    const slot = levels[first]!.balancer.pick(key, tried, now);
    if (slot !== NONE || levels.length === 1) return slot;
    return this.#pickElsewhere(first, key, tried, now);
  }

  /**
   * Whether a request that affinity binds to this endpoint may go there.
   * @param forExistingSession Draining endpoints keep the sessions they have.
   */
  isUsable(slot: number, forExistingSession: boolean): boolean {
    const level = this.#levelBySlot.get(slot);
    if (level === undefined) return false;
    const state = this.#table.state[slot]!;
    if ((state & MAINTENANCE) !== 0) return false;
    if ((state & DRAINING) !== 0 && !forExistingSession) return false;
    return (state & (DOWN | EJECTED)) === 0 || level.isPanicking;
  }

  /** A request goes to this endpoint. */
  start(slot: number, worker: number): void {
    startRequest(this.#table, this.#serviceSlot, slot, worker);
  }

  /** It has ended; exactly once per `start`. */
  end(slot: number, worker: number): void {
    endRequest(this.#table, this.#serviceSlot, slot, worker);
  }

  /** What a request showed of its endpoint; see `Balancer.observe`. */
  observe(slot: number, latencyMs: number, failed: boolean, bytes: number, now: Instant): void {
    if (this.learns) this.#levelBySlot.get(slot)?.balancer.observe?.(slot, latencyMs, failed, bytes, now);
  }

  #createBalancer(): Balancer {
    const { table, random, serviceSlot, balance } = this.#options;
    return createBalancer(balance, { table, random, serviceSlot });
  }

  #createLevel(key: number | string): Level {
    return { key, balancer: this.#createBalancer(), endpoints: [], candidates: NO_CANDIDATES, load: 0, isPanicking: false };
  }

  /** Index of a level, by load. A key stays where it is while the loads do, and those that leave a level are as few as its load has lost. */
  #drawLevel(key: number): number {
    let place = this.needsKey ? mix32(key ^ LEVEL_SEED) / 2 ** 32 : this.#options.random();
    let last = 0;
    for (let index = 0; index < this.#levels.length; index++) {
      const { load } = this.#levels[index]!;
      if (load === 0) continue;
      last = index;
      place -= load;
      if (place < 0) break;
    }
    return last; // loads may add up to a hair less than 1
  }

  /** All of the drawn level are tried or full: the others may help, in order of priority. */
  #pickElsewhere(drawn: number, key: number, tried: readonly number[], now: Instant): number {
    for (let index = 0; index < this.#levels.length; index++) {
      const slot = index === drawn ? NONE : this.#levels[index]!.balancer.pick(key, tried, now);
      if (slot !== NONE) return slot;
    }
    return NONE;
  }

  #rebuild(now: Instant): void {
    // Read before the states: a bump that comes in between is seen by the next pick.
    this.#epoch = Atomics.load(this.#table.epoch, this.#serviceSlot);
    const members = this.#levels.map(({ endpoints }) => endpoints);
    const shares = shareLoad(this.#table, members, this.#shares, this.#options.panicThreshold);
    let isRamping = false;
    this.#levels.forEach((level, index) => {
      level.load = shares[index]!.load;
      level.isPanicking = shares[index]!.isPanicking;
      const candidates = listCandidates(this.#table, level.endpoints, level.isPanicking, this.#slowStartMs, now);
      isRamping ||= candidates.slots.some((slot) => rampFactor(this.#table.since[slot]!, this.#slowStartMs, now) < 1);
      if (sameCandidates(candidates, level.candidates)) return;
      level.candidates = candidates;
      level.balancer.update(candidates);
    });
    this.#rebuildAt = instant(isRamping ? now + RAMP_STEP_MS : Infinity);
  }
}
