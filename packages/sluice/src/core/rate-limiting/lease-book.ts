/**
 * The leases that one holder has of one limit, by key: bounded, and asking the store in lots. The owner asks `hasAsks` after a request, `takeAsks` once per turn, sends them in one round trip,
 * and tells each what came back. The store is away from the first question that failed to the first that is answered; meanwhile it is asked each `retryMs`, by a single question.
 * At KEYS_MAX keys the oldest idle one is forgotten, or, where none of a few is idle, the oldest: it starts anew, with another advance.
 */
import type { Instant } from '../../base/time.ts';
import type { RateDecision } from './decision.ts';
import { Lease, type LeaseAnswer, type LeaseRule } from './lease.ts';
import type { KeyHash } from './limit-table.ts';

/** Keys of one limit that a holder knows at most; about 250 bytes each. */
export const LEASED_KEYS_MAX = 100_000;

/** How often a store that is away is asked. */
export const AWAY_RETRY_MS = 500;

const LOOKED_AT = 8;

export interface LeaseAsk {
  readonly lease: Lease;
  readonly want: number;
  readonly debt: number;
}

export class LeaseBook {
  readonly #rule: LeaseRule;
  readonly #prefix: string;
  readonly #keysMax: number;
  readonly #leases = new Map<number, Lease>();
  #asks: LeaseAsk[] = [];
  #isAway = false;
  #askAgainAt = 0;
  #forgotten = 0;

  /** @param prefix Of the limit's keys in the store. */
  constructor(rule: LeaseRule, prefix: string, keysMax = LEASED_KEYS_MAX) {
    this.#rule = rule;
    this.#prefix = prefix;
    this.#keysMax = keysMax;
  }

  get isAway(): boolean {
    return this.#isAway;
  }

  /** How many keys were forgotten before they were idle. */
  get forgotten(): number {
    return this.#forgotten;
  }

  get size(): number {
    return this.#leases.size;
  }

  /** Whether there is something to ask for. */
  get hasAsks(): boolean {
    return this.#asks.length > 0;
  }

  /** Decides on one request. @param cost Units, 1 or more. */
  spend(key: KeyHash, cost: number, now: Instant): RateDecision {
    const lease = this.#lease(key, now);
    const decision = lease.spend(cost, now, this.#isAway);
    if (this.#isAway ? now >= this.#askAgainAt && !lease.isAsking : lease.needsAsk(now)) this.#ask(lease, now);
    return decision;
  }

  /** What the store is to be asked for; each is to be ended by `answered` or `failed`. */
  takeAsks(): readonly LeaseAsk[] {
    const asks = this.#asks;
    this.#asks = [];
    return asks;
  }

  answered(ask: LeaseAsk, answer: LeaseAnswer, now: Instant): void {
    this.#isAway = false;
    ask.lease.answered(answer, now);
    // Advances made while the answer was under way are charged at once: nobody may come who would bring it about.
    if (ask.lease.needsAsk(now)) this.#ask(ask.lease, now);
  }

  failed(ask: LeaseAsk, now: Instant): void {
    this.#isAway = true;
    this.#askAgainAt = now + AWAY_RETRY_MS;
    ask.lease.failed();
  }

  #ask(lease: Lease, now: Instant): void {
    if (this.#isAway) this.#askAgainAt = now + AWAY_RETRY_MS;
    const { want, debt } = lease.ask(now);
    this.#asks.push({ lease, want, debt });
  }

  #lease(key: KeyHash, now: Instant): Lease {
    const id = (key.high >>> 0) * 2_097_152 + (key.low >>> 11);
    const known = this.#leases.get(id);
    if (known !== undefined) return known;
    if (this.#leases.size >= this.#keysMax) this.#forgetOne(now);
    const lease = new Lease(`${this.#prefix}${hexWord(key.high)}${hexWord(key.low)}`, this.#rule, now);
    this.#leases.set(id, lease);
    return lease;
  }

  /** Looks at a few of the oldest: the idle go, the others become the youngest. */
  #forgetOne(now: Instant): void {
    let looked = 0;
    for (const [id, lease] of this.#leases) {
      const isIdle = lease.isIdle(now);
      this.#leases.delete(id);
      if (isIdle) return;
      if (++looked === LOOKED_AT) {
        this.#forgotten += 1;
        return;
      }
      this.#leases.set(id, lease);
    }
  }
}

function hexWord(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
