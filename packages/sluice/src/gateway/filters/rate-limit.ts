/**
 * Limits how much of what is let in: a rate (with a burst, or per window) and a number in flight, per key. HAProxy's stick tables with `http-request track-sc` and `deny`, nginx's `limit_req` and `limit_conn`,
 * Envoy's local and global rate limit. Counted in memory that all workers share, or over all nodes through a store, which no request waits for. About 1 µs a request.
 *
 * A request that is refused is charged nothing: it takes no place, and is asked for the place first.
 */
import type { Instant } from '../../base/time.ts';
import type { RateLimitPlan } from '../../config/filters/rate-limit-plan.ts';
import { NO_TICKET } from '../../core/rate-limiting/concurrency.ts';
import type { StorePlan } from '../../config/plan.ts';
import type { RateDecision } from '../../core/rate-limiting/decision.ts';
import { Gcra } from '../../core/rate-limiting/gcra.ts';
import { HalfSipHash } from '../../core/rate-limiting/half-sip-hash.ts';
import { type AdvertisedPolicy, limitItem, policyField, retryAfterSeconds } from '../../core/rate-limiting/headers.ts';
import { LimitKey } from '../../core/rate-limiting/key.ts';
import type { LeaseRule } from '../../core/rate-limiting/lease.ts';
import type { KeyHash } from '../../core/rate-limiting/limit-table.ts';
import { SlidingWindow } from '../../core/rate-limiting/sliding-window.ts';
import type { Exchange, ExchangeFollower } from '../exchange/exchange.ts';
import { type LimitCounts, limitCounts } from '../rate-limiting/limit-counts.ts';
import { RequestKey } from '../rate-limiting/request-key.ts';
import { SharedRate, storeSecret } from '../rate-limiting/shared-rate.ts';
import { storeClient, storeOf } from '../store-client.ts';
import type { WorkerContext } from '../worker-context.ts';
import { type FilterContext, type FilterModule, type FilterVerdict, PASS, type RequestPass, type Stage } from './filter.ts';

/** `Gcra`, `SlidingWindow` and `SharedRate` are it. */
interface Rate {
  take(key: KeyHash, cost: number, now: Instant): RateDecision;
}

const TOLD_EVERY_MS = 60_000;
/** A lease lives for a tenth of the period, so that the excess it makes possible is a tenth; within these bounds. */
const LEASE_MIN_MS = 250;
const LEASE_MAX_MS = 5_000;

class RateLimitStage implements Stage {
  private readonly plan: RateLimitPlan;
  private readonly worker: WorkerContext;
  private readonly counts: LimitCounts;
  private readonly key: LimitKey;
  private readonly hash: HalfSipHash;
  private readonly request = new RequestKey();
  private readonly rate: Rate | null;
  private readonly ratePolicy: AdvertisedPolicy | null;
  private readonly flightPolicy: AdvertisedPolicy | null;
  /** In flight on this node; 0 = any number. */
  private readonly places: number;
  private readonly policyLine: string;
  private wouldRefuse = 0;
  private toldAt = -Infinity;

  constructor(plan: RateLimitPlan, context: FilterContext) {
    const { name, rate, concurrency } = plan;
    const store = plan.shared === null ? null : storeOf(context.worker, plan.shared.store);
    this.plan = plan;
    this.worker = context.worker;
    this.counts = limitCounts(context.shared, context.worker.index);
    this.key = new LimitKey(`${name} ${JSON.stringify([rate, plan.key])}`, plan.key);
    this.hash = store === null ? this.counts.hash : new HalfSipHash(storeSecret(store.url));
    this.rate = rate === null ? null : store === null ? localRate(rate, this.counts) : sharedRate(plan, rate, store, context);
    this.places = concurrency === null ? 0 : Math.max(1, Math.floor(concurrency / (plan.shared?.nodes ?? 1)));
    this.ratePolicy = rate === null ? null : { name, quota: rate.requests, windowMs: rate.periodMs };
    const flightName = rate === null ? name : `${name}-in-flight`;
    this.flightPolicy = concurrency === null ? null : { name: flightName, quota: this.places, windowMs: null };
    const policies = [this.ratePolicy, this.flightPolicy].filter((policy) => policy !== null);
    this.policyLine = policies.length === 0 ? '' : `RateLimit-Policy: ${policyField(policies)}\r\n`;
  }

  onRequest(pass: RequestPass): FilterVerdict {
    const { counts, places } = this;
    const now = this.worker.clock.now();
    this.request.point(pass);
    this.key.hash(this.request, this.hash);
    const place = places === 0 ? null : counts.concurrency.acquire(this.hash, places, now);
    if (place !== null && !place.allowed) return this.refuse(pass, this.flightPolicy!, place);
    const rated = this.rate === null ? null : this.rate.take(this.hash, 1, now);
    if (rated !== null && !rated.allowed) {
      if (place !== null) counts.concurrency.release(place.ticket);
      return this.refuse(pass, this.ratePolicy!, rated);
    }
    if (place !== null && place.ticket !== NO_TICKET) pass.exchange.follow(new HeldPlace(counts, place.ticket));
    if (this.plan.headers) this.tell(pass.exchange, rated ?? place, rated === null ? this.flightPolicy : this.ratePolicy);
    return PASS;
  }

  /** What is left, of the rate where there is one. Beside what the service says of limits of its own: both are lists. */
  private tell(exchange: Exchange, decision: RateDecision | null, policy: AdvertisedPolicy | null): void {
    if (decision === null || policy === null) return;
    exchange.addReplyEdits({ drops: '', lines: `${this.policyLine}RateLimit: ${limitItem(policy, decision)}\r\n` });
  }

  private refuse(pass: RequestPass, policy: AdvertisedPolicy, decision: RateDecision): FilterVerdict {
    if (this.plan.isDryRun) {
      this.tellDryRun();
      return PASS;
    }
    const seconds = retryAfterSeconds(decision.retryAfterMs, this.worker.random());
    let fields = seconds === null ? '' : `Retry-After: ${seconds}\r\n`;
    if (this.plan.headers) fields += `${this.policyLine}RateLimit: ${limitItem(policy, decision)}\r\n`;
    return pass.answer({ status: this.plan.status, fields });
  }

  private tellDryRun(): void {
    this.wouldRefuse += 1;
    const now = this.worker.clock.now();
    if (now - this.toldAt < TOLD_EVERY_MS) return;
    this.worker.event('info', 'rate limit would refuse', { limit: this.plan.name, requests: this.wouldRefuse });
    this.toldAt = now;
    this.wouldRefuse = 0;
  }
}

/** A place among those in flight, until the exchange is over. */
class HeldPlace implements ExchangeFollower {
  private readonly counts: LimitCounts;
  private readonly ticket: number;

  constructor(counts: LimitCounts, ticket: number) {
    this.counts = counts;
    this.ticket = ticket;
  }

  exchangeOver(): void {
    this.counts.concurrency.release(this.ticket);
  }
}

type RatePlan = NonNullable<RateLimitPlan['rate']>;

function localRate(rate: RatePlan, { table }: LimitCounts): Rate {
  if (rate.algorithm === 'sliding-window') return new SlidingWindow(table, { limit: rate.requests, windowMs: rate.periodMs });
  return new Gcra(table, { rate: rate.requests, periodMs: rate.periodMs, burst: rate.burst });
}

/** One object for all routes that name this limit: they spend the same leases. */
function sharedRate({ name, shared: sharing }: RateLimitPlan, rate: RatePlan, store: StorePlan, { worker, shared }: FilterContext): Rate {
  const rule: LeaseRule = {
    rate: rate.requests,
    periodMs: rate.periodMs,
    burst: rate.burst,
    leaseMs: Math.min(LEASE_MAX_MS, Math.max(LEASE_MIN_MS, rate.periodMs / 10)),
    holders: (sharing?.nodes ?? 1) * worker.plan.workers,
    away: sharing?.without ?? 'local',
  };
  const prefix = `${store.prefix}limit:${name}:`;
  const client = storeClient(store, shared, worker); // each plan asks for it anew, so that it stays
  return shared.get(
    `shared rate ${prefix} ${JSON.stringify([store, rule])}`,
    () => new SharedRate({ client, rule, prefix, clock: worker.clock, later: (task) => worker.later(task) }),
  );
}

export const filter: FilterModule<'rateLimit'> = {
  create: (options, context) => new RateLimitStage(options, context),
};
