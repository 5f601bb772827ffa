/** What the control plane does for one service's limits each tick: breaker, adaptive concurrency, retry and hedge budgets, hedge delay. */
import { after, type Instant } from '../../base/time.ts';
import type { ServicePlan } from '../../config/plan.ts';
import type { EndpointTable } from '../../core/balancing/endpoint-table.ts';
import { LATENCY_UNITS_PER_MS } from '../../core/health/outcome.ts';
import { Breaker, type BreakerRules, type BreakerStep } from '../../core/limiting/breaker.ts';
import { type GradientRules, type GradientState, startGradient, stepGradient } from '../../core/limiting/gradient.ts';
import { HedgeDelay } from '../../core/limiting/hedge-delay.ts';
import { BudgetRefill, type BudgetRules } from '../../core/limiting/token-budget.ts';
import type { SayEvent } from '../say-event.ts';

export interface ServiceLimitsOptions {
  readonly table: EndpointTable;
  readonly say: SayEvent;
  /** The service's latency histogram: totals over all workers, one count per bucket of base/histogram.ts. */
  readonly latencyCounts: (serviceSlot: number) => ArrayLike<number>;
}

/** Requests that a sampling window of the adaptive limit needs; below, it goes on into the next tick (Netflix' `WindowedLimit`: 10). */
const SAMPLES_MIN = 10;
/** How often hedge delays are worked out anew (Finagle: 3 s). */
const HEDGE_DELAY_MS = 3_000;

interface Totals {
  readonly ended: number;
  readonly latencySum: number;
}

export class ServiceLimits {
  readonly slot: number;
  readonly #options: ServiceLimitsOptions;
  #plan: ServicePlan;
  #breaker: Breaker | null = null;
  #gradient: GradientState | null = null;
  readonly #retries: BudgetRefill;
  readonly #hedges: BudgetRefill;
  readonly #hedgeDelay = new HedgeDelay();
  #hedgeDelayAt: Instant;
  #lastTick: Instant;
  #lastEnded: number;
  /** Where the present sampling window began, and the most in flight since. */
  #window: Totals;
  #inflightMax = 0;

  constructor(plan: ServicePlan, slot: number, options: ServiceLimitsOptions, now: Instant) {
    const { table } = options;
    this.slot = slot;
    this.#options = options;
    this.#plan = plan;
    this.#retries = new BudgetRefill(table.retryTokens, slot, retryRules(plan));
    this.#hedges = new BudgetRefill(table.hedgeTokens, slot, hedgeRules(plan));
    this.#retries.open();
    this.#hedges.open();
    this.#lastTick = now;
    this.#hedgeDelayAt = now;
    this.#window = this.#totals();
    this.#lastEnded = this.#window.ended;
    table.hedgeDelayMs[slot] = 0;
    this.#startBreaker(plan.limits.breaker);
    this.#startGradient(plan.limits.adaptive);
  }

  /** Changes the rules; what they do not touch keeps its state. */
  apply(plan: ServicePlan): void {
    const before = this.#plan;
    this.#plan = plan;
    this.#retries.setRules(retryRules(plan));
    this.#hedges.setRules(hedgeRules(plan));
    if (JSON.stringify(before.limits.breaker) !== JSON.stringify(plan.limits.breaker)) this.#startBreaker(plan.limits.breaker);
    if (JSON.stringify(before.limits.adaptive) !== JSON.stringify(plan.limits.adaptive)) this.#startGradient(plan.limits.adaptive);
    if (plan.hedge === null) this.#options.table.hedgeDelayMs[this.slot] = 0;
  }

  /** Does what is due. */
  tick(now: Instant): void {
    const ended = Atomics.load(this.#options.table.serviceEnded, this.slot);
    const requests = (ended - this.#lastEnded) >>> 0;
    this.#lastEnded = ended;
    const elapsedMs = now - this.#lastTick;
    this.#lastTick = now;
    this.#retries.refill(requests, elapsedMs);
    this.#hedges.refill(requests, elapsedMs);
    this.#tickBreaker(now);
    this.#tickGradient(ended);
    this.#tickHedgeDelay(now);
  }

  /** Only the control plane writes a breaker's state, except for the worker whose trial failed (half-open to open). */
  #tickBreaker(now: Instant): void {
    if (this.#breaker === null) return;
    const { breakerState, breakerTrials, serviceEnded, serviceFailed } = this.#options.table;
    const reading = {
      ended: Atomics.load(serviceEnded, this.slot),
      failed: Atomics.load(serviceFailed, this.slot),
      state: Atomics.load(breakerState, this.slot),
      trials: Atomics.load(breakerTrials, this.slot),
    };
    const step = this.#breaker.tick(reading, now);
    if (step === null) return;
    // Trials first: a worker that sees half-open must find them.
    Atomics.store(breakerTrials, this.slot, step.trials);
    Atomics.store(breakerState, this.slot, step.state);
    this.#sayBreaker(step);
  }

  #sayBreaker(step: BreakerStep): void {
    const service = this.#plan.name;
    const seconds = (this.#plan.limits.breaker?.openMs ?? 0) / 1_000;
    switch (step.change) {
      case 'opened': {
        const failures = `${(step.failureShare * 100).toFixed(1)} % of ${step.requests} requests`;
        return this.#options.say('error', 'breaker-opened', { service, reason: `${failures} failed`, seconds });
      }
      case 'reopened':
        return this.#options.say('warn', 'breaker-reopened', { service, reason: 'a trial request failed', seconds });
      case 'closed':
        return this.#options.say('info', 'breaker-closed', { service, trials: step.requests, reason: 'trial requests succeeded' });
      case 'half-open':
      case null:
        return;
    }
  }

  #tickGradient(ended: number): void {
    const rules = this.#plan.limits.adaptive;
    if (this.#gradient === null || rules === null) return;
    const { serviceInflight, concurrencyLimit } = this.#options.table;
    this.#inflightMax = Math.max(this.#inflightMax, Atomics.load(serviceInflight, this.slot));
    if ((ended - this.#window.ended) >>> 0 < SAMPLES_MIN) return;
    const totals = this.#totals();
    const samples = (totals.ended - this.#window.ended) >>> 0;
    const rttMs = ((totals.latencySum - this.#window.latencySum) >>> 0) / LATENCY_UNITS_PER_MS / samples;
    if (rttMs > 0) this.#gradient = stepGradient(this.#gradient, rules, rttMs, this.#inflightMax);
    this.#window = totals;
    this.#inflightMax = 0;
    Atomics.store(concurrencyLimit, this.slot, Math.max(1, Math.floor(this.#gradient.limit)));
  }

  #tickHedgeDelay(now: Instant): void {
    const hedge = this.#plan.hedge;
    if (hedge === null || now < this.#hedgeDelayAt) return;
    this.#hedgeDelayAt = after(now, HEDGE_DELAY_MS);
    const counts = this.#options.latencyCounts(this.slot);
    this.#options.table.hedgeDelayMs[this.slot] = this.#hedgeDelay.update(counts, hedge.percentile / 100, hedge.delayMinMs);
  }

  #startBreaker(rules: BreakerRules | null): void {
    const { serviceEnded, serviceFailed } = this.#options.table;
    const totals = { ended: Atomics.load(serviceEnded, this.slot), failed: Atomics.load(serviceFailed, this.slot) };
    this.#breaker = rules === null ? null : new Breaker(rules, totals);
    Atomics.store(this.#options.table.breakerTrials, this.slot, 0);
    Atomics.store(this.#options.table.breakerState, this.slot, 0);
  }

  #startGradient(rules: GradientRules | null): void {
    this.#gradient = rules === null ? null : startGradient(rules);
    this.#window = this.#totals();
    Atomics.store(this.#options.table.concurrencyLimit, this.slot, Math.max(0, Math.floor(this.#gradient?.limit ?? 0)));
  }

  #totals(): Totals {
    const { serviceEnded, serviceLatencySum } = this.#options.table;
    return { ended: Atomics.load(serviceEnded, this.slot), latencySum: Atomics.load(serviceLatencySum, this.slot) };
  }
}

function retryRules({ retry }: ServicePlan): BudgetRules {
  return { share: retry.budgetShare, minPerSecond: retry.budgetMinPerSecond };
}

function hedgeRules({ hedge }: ServicePlan): BudgetRules {
  return { share: hedge?.budgetShare ?? 0, minPerSecond: 0 };
}
