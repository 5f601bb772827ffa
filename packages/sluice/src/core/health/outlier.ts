/**
 * Ejects endpoints whose failures stand out from the rest of their service (Envoy's outlier detection, `outlier_detection.proto`):
 * failures in a row; a success rate below mean - k × standard deviation; and, beyond Envoy, a mean latency above a multiple of the median of
 * its peers. An ejection lasts base × (times ejected of late), at most the maximum, and up to 10 % longer at random, so that endpoints
 * ejected together do not return together; each sweep that an endpoint gets through without ejection takes one from the multiplier.
 *
 * Bound: at most max(1, ⌊share × n⌋) of n endpoints are out at once, and never the last one that is in use. Envoy's own check may overshoot the share by one
 * and eject a lone endpoint; here the bound is strict, because standing out needs others to stand out from.
 */
import { assert } from '../../base/assert.ts';
import type { Random } from '../../base/random.ts';
import { after, type Instant } from '../../base/time.ts';
import type { ConsecutiveRules } from './outcome.ts';
import { latencyOutliers, successRateOutliers, type LatencyRule, type PeerFigures, type SuccessRateRule } from './outlier-peers.ts';

/** Durations in milliseconds, shares 0..1. */
export interface OutlierRules extends ConsecutiveRules {
  readonly baseEjectionMs: number;
  readonly maxEjectionMs: number;
  readonly maxEjectedShare: number;
  readonly successRate: SuccessRateRule | null;
  readonly latency: LatencyRule | null;
}

/** What the shared table says of an endpoint: rows of failures as they stand, the rest since the last sweep. */
export interface OutlierReading extends PeerFigures {
  readonly consecutive5xx: number;
  readonly consecutiveGateway: number;
  readonly consecutiveLocal: number;
}

export type OutlierReason = 'consecutive-5xx' | 'consecutive-gateway' | 'consecutive-local' | 'success-rate' | 'latency';

export type OutlierVerdict =
  | {
      readonly kind: 'eject';
      readonly endpoint: string;
      readonly reason: OutlierReason;
      /** What was measured, and the limit it passed: a count, a rate 0..1 or milliseconds, by the reason. */
      readonly figure: number;
      readonly limit: number;
      readonly ejectionMs: number;
    }
  | { readonly kind: 'return'; readonly endpoint: string; readonly ejectedMs: number }
  /** Stands out, but too many are out already. */
  | { readonly kind: 'spare'; readonly endpoint: string; readonly reason: OutlierReason; readonly figure: number; readonly limit: number };

const JITTER_SHARE = 0.1;

/** An endpoint's own record: plain fields, changed in place. */
interface EjectionRecord {
  reading: OutlierReading | null;
  ejectedAt: Instant | null;
  returnsAt: Instant;
  multiplier: number;
}

export class OutlierDetector {
  #rules: OutlierRules;
  readonly #random: Random;
  readonly #records: Map<string, EjectionRecord> = new Map();
  #ejectedCount = 0;
  #outOtherwise: ReadonlySet<string> = new Set();
  #lastNow = -Infinity;

  constructor(rules: OutlierRules, random: Random) {
    this.#rules = rules;
    this.#random = random;
  }

  get ejectedCount(): number {
    return this.#ejectedCount;
  }

  /** How many may be out at once. */
  get ejectedMax(): number {
    const total = this.#records.size;
    // The small addend undoes binary rounding: 0.29 × 100 is 28.999….
    return Math.max(0, Math.min(total - 1, Math.max(1, Math.floor(this.#rules.maxEjectedShare * total + 1e-9))));
  }

  /** Changes the rules; who is out stays out for the time it was given. */
  setRules(rules: OutlierRules): void {
    this.#rules = rules;
  }

  /** Sets the service's endpoints; those that stay keep their record. */
  update(endpoints: readonly string[]): void {
    const present = new Set(endpoints);
    for (const [endpoint, record] of this.#records) {
      if (present.has(endpoint)) continue;
      if (record.ejectedAt !== null) this.#ejectedCount -= 1;
      this.#records.delete(endpoint);
    }
    for (const endpoint of present) {
      if (!this.#records.has(endpoint)) {
        this.#records.set(endpoint, { reading: null, ejectedAt: null, returnsAt: 0 as Instant, multiplier: 0 });
      }
    }
  }

  /** Says who is out of use for another reason (down, drained): they are none that traffic could go to instead. */
  setOutOtherwise(endpoints: ReadonlySet<string>): void {
    this.#outOtherwise = endpoints;
  }

  /** Takes in what the last interval brought for one endpoint; used by the next `verdicts`. */
  observe(endpoint: string, reading: OutlierReading): void {
    this.#recordOf(endpoint).reading = reading;
  }

  /**
   * The sweep: returns whose time is over, then ejects what stands out. Readings are used up.
   * @param now Monotonic; must not run backwards (asserted).
   */
  verdicts(now: Instant): readonly OutlierVerdict[] {
    assert(now >= this.#lastNow, `time does not run backwards: ${now} after ${this.#lastNow}`);
    this.#lastNow = now;
    const verdicts: OutlierVerdict[] = [];
    const active: (PeerFigures & { readonly endpoint: string })[] = [];
    for (const [endpoint, record] of this.#records) {
      if (record.ejectedAt !== null) {
        if (now >= record.returnsAt) verdicts.push(this.#release(endpoint, record, now));
        continue;
      }
      record.multiplier = Math.max(0, record.multiplier - 1);
      if (record.reading === null) continue;
      // A row without new failures is an old one: it was judged when it grew, and nothing is known since.
      const suspect = record.reading.failed > 0 ? this.suspect(endpoint, record.reading, now) : null;
      if (suspect !== null) verdicts.push(suspect);
      else active.push({ endpoint, ...record.reading });
    }
    for (const found of successRateOutliers(active, this.#rules.successRate)) verdicts.push(this.#judge(found, 'success-rate', now));
    for (const found of latencyOutliers(active, this.#rules.latency)) {
      if (this.#recordOf(found.endpoint).ejectedAt === null) verdicts.push(this.#judge(found, 'latency', now));
    }
    for (const record of this.#records.values()) record.reading = null;
    return verdicts;
  }

  /** Between sweeps: whether a row of failures is long enough by now. Null when it is not, or the endpoint is out already. */
  suspect(
    endpoint: string,
    rows: Pick<OutlierReading, 'consecutive5xx' | 'consecutiveGateway' | 'consecutiveLocal'>,
    now: Instant,
  ): OutlierVerdict | null {
    const record = this.#records.get(endpoint);
    if (record === undefined || record.ejectedAt !== null) return null;
    const rules = this.#rules;
    if (passes(rows.consecutiveLocal, rules.consecutiveLocalErrors)) {
      return this.#judge({ endpoint, figure: rows.consecutiveLocal, limit: rules.consecutiveLocalErrors }, 'consecutive-local', now);
    }
    if (passes(rows.consecutiveGateway, rules.consecutiveGatewayErrors)) {
      return this.#judge({ endpoint, figure: rows.consecutiveGateway, limit: rules.consecutiveGatewayErrors }, 'consecutive-gateway', now);
    }
    if (passes(rows.consecutive5xx, rules.consecutive5xx)) {
      return this.#judge({ endpoint, figure: rows.consecutive5xx, limit: rules.consecutive5xx }, 'consecutive-5xx', now);
    }
    return null;
  }

  /** Brings an endpoint back before its time, for example after a passed active check. Null when it was not out. */
  restore(endpoint: string, now: Instant): OutlierVerdict | null {
    const record = this.#records.get(endpoint);
    return record === undefined || record.ejectedAt === null ? null : this.#release(endpoint, record, now);
  }

  #judge(found: { endpoint: string; figure: number; limit: number }, reason: OutlierReason, now: Instant): OutlierVerdict {
    const { endpoint, figure, limit } = found;
    if (this.#ejectedCount >= this.ejectedMax || this.#isLast(endpoint)) return { kind: 'spare', endpoint, reason, figure, limit };
    const record = this.#recordOf(endpoint);
    record.multiplier += 1;
    const plainMs = Math.min(this.#rules.baseEjectionMs * record.multiplier, this.#rules.maxEjectionMs);
    const ejectionMs = plainMs * (1 + JITTER_SHARE * this.#random());
    record.ejectedAt = now;
    record.returnsAt = after(now, ejectionMs);
    this.#ejectedCount += 1;
    return { kind: 'eject', endpoint, reason, figure, limit, ejectionMs };
  }

  /** Whether no other endpoint is in use. */
  #isLast(endpoint: string): boolean {
    for (const [other, { ejectedAt }] of this.#records) {
      if (other !== endpoint && ejectedAt === null && !this.#outOtherwise.has(other)) return false;
    }
    return true;
  }

  #release(endpoint: string, record: EjectionRecord, now: Instant): OutlierVerdict {
    const ejectedMs = now - (record.ejectedAt ?? now);
    record.ejectedAt = null;
    this.#ejectedCount -= 1;
    return { kind: 'return', endpoint, ejectedMs };
  }

  #recordOf(endpoint: string): EjectionRecord {
    const record = this.#records.get(endpoint);
    assert(record !== undefined, `endpoint ${endpoint} was named by update() before`);
    return record;
  }
}

function passes(count: number, needed: number): boolean {
  return needed > 0 && count >= needed;
}
