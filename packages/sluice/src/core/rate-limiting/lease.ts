/**
 * What one holder (a worker of a node) knows of one key of a limit that a store keeps for all: permits that it has leased and spends without asking. When they run low it asks ahead, in the
 * background, for as many as it will spend in half a lease at the rate that it sees; so a slow store delays nobody. A key that it knows nothing of yet is let in on advance, up to the holder's
 * share of the burst, and what was advanced is charged with the next question; quiet keys live by that alone, and waste no permits.
 *
 * Bound, with k holders and the store there: over any time t, units let in <= burst + rate × (t + leaseMs) + max(burst, k). The first sum is the store's own, of which a lease may be spent
 * `leaseMs` late; the rest are advances, one share a holder. A lease that is not spent in its time is lost, so a key whose rate falls loses at most a share per holder.
 *
 * Pure: `want` and `debt` are what the owner (`lease-book.ts`) asks the store for, `answered` is what came back.
 */
import type { Instant } from '../../base/time.ts';
import type { RateDecision } from './decision.ts';
import type { GcraRule } from './gcra.ts';

/** What holders do without the store: let all in, let nothing in, or keep to their own share of the limit. */
export type AwayRule = 'open' | 'closed' | 'local';

/** Satisfied by the plan's. */
export interface LeaseRule extends GcraRule {
  /** Life of a lease in milliseconds: well above the store's round trip, well below the period. */
  readonly leaseMs: number;
  /** Holders that share the limit: workers of all nodes, 1 or more. */
  readonly holders: number;
  readonly away: AwayRule;
}

/** What the store said. */
export interface LeaseAnswer {
  /** Permits leased, 0..want. */
  readonly granted: number;
  /** Whole units that are left in the store. */
  readonly remaining: number;
  /** Until the store has another one; 0 = now. */
  readonly retryAfterMs: number;
}

/** How long one who is refused for want of an answer is told to wait. */
const UNANSWERED_MS = 100;
const TOLERANCE = 1e-3;

export class Lease {
  readonly storeKey: string;
  readonly #rule: LeaseRule;
  /** Of the burst, and the most that is leased or advanced at once. */
  readonly #share: number;
  readonly #intervalMs: number;
  // The lease that is being spent, and the one after it.
  #permits = 0;
  #expiresAt = 0;
  #nextPermits = 0;
  #nextExpiresAt = 0;
  /** Let in on advance and not charged yet; of them, those that the question under way charges. */
  #debt = 0;
  #debtAsked = 0;
  #isAsking = false;
  #refusedUntil = 0;
  #remaining: number;
  /** Units spent since the last question, and when that was; units per millisecond that this showed. */
  #spent = 0;
  #askedAt: number;
  #perMs = 0;
  /** Conforming time of the share that is used without the store. */
  #localTime = 0;
  #usedAt = 0;

  constructor(storeKey: string, rule: LeaseRule, now: Instant) {
    this.storeKey = storeKey;
    this.#rule = rule;
    this.#share = Math.max(1, Math.floor(rule.burst / rule.holders));
    this.#intervalMs = rule.periodMs / rule.rate;
    this.#remaining = rule.burst;
    this.#askedAt = now;
  }

  /** Decides on one request. @param cost Units, 1 or more. @param isAway Whether the store is. */
  spend(cost: number, now: Instant, isAway: boolean): RateDecision {
    this.#usedAt = now;
    this.#dropExpired(now);
    if (this.#permits + this.#nextPermits >= cost) return this.#spendPermits(cost);
    if (isAway) return this.#spendAway(cost, now);
    if (now < this.#refusedUntil) return this.#decision(false, this.#refusedUntil - now);
    if (this.#debt + cost > this.#share) return this.#decision(false, cost > this.#share ? Infinity : UNANSWERED_MS);
    this.#debt += cost;
    this.#spent += cost;
    this.#remaining = Math.max(0, this.#remaining - cost);
    return this.#decision(true, 0);
  }

  /** Whether a question of its is under way. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /** Whether it is time to ask. */
  needsAsk(now: Instant): boolean {
    if (this.#isAsking) return false;
    if (this.#debt > 0) return true;
    if (this.#nextPermits > 0 || now < this.#refusedUntil) return false;
    return this.#permits < this.#rate(now) * this.#rule.leaseMs * 0.25;
  }

  /** Begins a question: `debt` is charged in any case, `want` is leased as far as there is. Ends with `answered` or `failed`. */
  ask(now: Instant): { readonly want: number; readonly debt: number } {
    this.#perMs = this.#rate(now);
    this.#spent = 0;
    this.#askedAt = now;
    this.#isAsking = true;
    this.#debtAsked = this.#debt;
    const expected = Math.ceil(this.#perMs * this.#rule.leaseMs * 0.5 - TOLERANCE);
    const isQuiet = this.#perMs * this.#rule.leaseMs * 0.5 < 1;
    const want = isQuiet || this.#nextPermits > 0 || now < this.#refusedUntil ? 0 : Math.min(this.#share, expected);
    return { want, debt: this.#debt };
  }

  answered(answer: LeaseAnswer, now: Instant): void {
    this.#isAsking = false;
    this.#debt -= this.#debtAsked;
    this.#remaining = answer.remaining;
    this.#refusedUntil = answer.retryAfterMs > 0 ? now + answer.retryAfterMs : 0;
    if (answer.granted === 0) return;
    this.#dropExpired(now);
    this.#nextPermits = answer.granted;
    this.#nextExpiresAt = now + this.#rule.leaseMs;
  }

  /** No answer came, or none will. What was to be charged is forgotten: it may have been, and twice would be too much. */
  failed(): void {
    this.#isAsking = false;
    this.#debt = 0;
  }

  /** Whether forgetting it now changes nothing. */
  isIdle(now: Instant): boolean {
    if (this.#isAsking || this.#debt > 0 || now < this.#refusedUntil || now < this.#localTime) return false;
    return now - this.#usedAt >= this.#rule.leaseMs;
  }

  #spendPermits(cost: number): RateDecision {
    const first = Math.min(cost, this.#permits);
    this.#permits -= first;
    this.#nextPermits -= cost - first;
    this.#spent += cost;
    return this.#decision(true, 0);
  }

  #spendAway(cost: number, now: Instant): RateDecision {
    if (this.#rule.away === 'open') return this.#decision(true, 0);
    if (this.#rule.away === 'closed') return this.#decision(false, UNANSWERED_MS);
    const intervalMs = this.#intervalMs * this.#rule.holders;
    const time = Math.max(now, this.#localTime) + cost * intervalMs;
    const lateMs = time - now - (this.#share + TOLERANCE) * intervalMs;
    if (lateMs > 0) return this.#decision(false, cost > this.#share ? Infinity : lateMs + TOLERANCE * intervalMs);
    this.#localTime = time;
    this.#remaining = Math.max(0, Math.floor(this.#share + TOLERANCE - (time - now) / intervalMs));
    return this.#decision(true, 0);
  }

  #dropExpired(now: number): void {
    if (this.#permits > 0 && now >= this.#expiresAt) this.#permits = 0;
    if (this.#permits > 0 || this.#nextPermits === 0) return;
    this.#permits = now >= this.#nextExpiresAt ? 0 : this.#nextPermits;
    this.#expiresAt = this.#nextExpiresAt;
    this.#nextPermits = 0;
  }

  /** The faster of what the last question showed and what came since. */
  #rate(now: number): number {
    const elapsedMs = now - this.#askedAt;
    const recent = elapsedMs > 0 ? this.#spent / Math.max(elapsedMs, 1) : 0;
    return elapsedMs >= this.#rule.leaseMs ? recent : Math.max(this.#perMs, recent);
  }

  #decision(allowed: boolean, retryAfterMs: number): RateDecision {
    const { burst } = this.#rule;
    const remaining = allowed ? Math.min(burst, this.#remaining + this.#permits + this.#nextPermits) : 0;
    return { allowed, limit: burst, remaining, resetMs: (burst - remaining) * this.#intervalMs, retryAfterMs };
  }
}
