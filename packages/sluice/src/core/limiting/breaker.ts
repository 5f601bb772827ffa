/**
 * A circuit breaker per service (Nygard, "Release It!"; figures as in Hystrix): closed until the failure share over a sliding window
 * reaches its limit at enough volume; then open, every request answered at once, for `openMs`; then half-open, a few trials; all good
 * closes it, one failed opens it again. Workers count outcomes and trials in the shared table; this machine, ticked by the control plane,
 * reads totals and says what the table should hold. The window is ten buckets, so it forgets in steps of a tenth.
 */
import type { Instant } from '../../base/time.ts';
import { BREAKER_CLOSED, BREAKER_HALF_OPEN, BREAKER_OPEN, TRIALS_MAX, trialsGood } from './breaker-trials.ts';

/** Satisfied by the plan's breaker. */
export interface BreakerRules {
  readonly failureShare: number;
  readonly requestVolume: number;
  readonly windowMs: number;
  readonly openMs: number;
  readonly trialRequests: number;
}

/** What the shared table says now. Totals may wrap at 32 bits. */
export interface BreakerReading {
  readonly ended: number;
  readonly failed: number;
  readonly state: number;
  readonly trials: number;
}

/** What to write into the table, and what happened. */
export interface BreakerStep {
  readonly state: number;
  readonly trials: number;
  readonly change: 'opened' | 'half-open' | 'reopened' | 'closed' | null;
  /** Of the window that led to it, for `opened`. */
  readonly failureShare: number;
  readonly requests: number;
}

const BUCKETS = 10;

export class Breaker {
  readonly #rules: BreakerRules;
  readonly #ended = new Float64Array(BUCKETS);
  readonly #failed = new Float64Array(BUCKETS);
  #bucket = 0;
  #lastEnded: number;
  #lastFailed: number;
  #state = BREAKER_CLOSED;
  #since = 0 as Instant;

  /** @param totals As they stand now: what was before does not count. */
  constructor(rules: BreakerRules, totals: Pick<BreakerReading, 'ended' | 'failed'>) {
    this.#rules = rules;
    this.#lastEnded = totals.ended;
    this.#lastFailed = totals.failed;
  }

  /** Looks at the table; null when nothing is to be written. */
  tick(reading: BreakerReading, now: Instant): BreakerStep | null {
    const hasNewFailures = this.#count(reading, now);
    if (this.#state === BREAKER_CLOSED) return hasNewFailures ? this.#tickClosed(now) : null;
    if (this.#state === BREAKER_OPEN) return now - this.#since >= this.#rules.openMs ? this.#halfOpen(now, 'half-open') : null;
    return this.#tickHalfOpen(reading, now);
  }

  /** Only on a tick with failures: a share that rises because good requests leave the window is about the past. */
  #tickClosed(now: Instant): BreakerStep | null {
    const requests = sum(this.#ended);
    const failures = sum(this.#failed);
    if (requests === 0 || requests < this.#rules.requestVolume || failures < this.#rules.failureShare * requests) return null;
    const step = { state: BREAKER_OPEN, trials: 0, change: 'opened', failureShare: failures / requests, requests } as const;
    this.#enter(BREAKER_OPEN, now);
    return step;
  }

  #tickHalfOpen(reading: BreakerReading, now: Instant): BreakerStep | null {
    if (reading.state === BREAKER_OPEN) {
      this.#enter(BREAKER_OPEN, now);
      return { state: BREAKER_OPEN, trials: 0, change: 'reopened', failureShare: 1, requests: 1 };
    }
    const good = trialsGood(reading.trials);
    if (good >= this.#trials) {
      this.#enter(BREAKER_CLOSED, now);
      return { state: BREAKER_CLOSED, trials: 0, change: 'closed', failureShare: 0, requests: good };
    }
    // Trials without an end (clients went away, a worker crashed) must not keep it half-open for ever.
    return now - this.#since >= this.#rules.openMs ? this.#halfOpen(now, null) : null;
  }

  get #trials(): number {
    return Math.min(Math.max(1, this.#rules.trialRequests), TRIALS_MAX);
  }

  #halfOpen(now: Instant, change: 'half-open' | null): BreakerStep {
    this.#enter(BREAKER_HALF_OPEN, now);
    return { state: BREAKER_HALF_OPEN, trials: this.#trials, change, failureShare: 0, requests: 0 };
  }

  #enter(state: number, now: Instant): void {
    this.#state = state;
    this.#since = now;
    this.#ended.fill(0);
    this.#failed.fill(0);
  }

  /** Adds what is new since the last tick to the bucket of now; whether there were failures. */
  #count(reading: BreakerReading, now: Instant): boolean {
    const bucket = Math.floor(now / (this.#rules.windowMs / BUCKETS));
    for (let passed = Math.max(this.#bucket + 1, bucket - BUCKETS + 1); passed <= bucket; passed++) {
      this.#ended[passed % BUCKETS] = 0;
      this.#failed[passed % BUCKETS] = 0;
    }
    this.#bucket = bucket;
    const ended = (reading.ended - this.#lastEnded) >>> 0;
    const failed = (reading.failed - this.#lastFailed) >>> 0;
    this.#ended[bucket % BUCKETS]! += ended;
    this.#failed[bucket % BUCKETS]! += failed;
    this.#lastEnded = reading.ended;
    this.#lastFailed = reading.failed;
    return failed > 0;
  }
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
