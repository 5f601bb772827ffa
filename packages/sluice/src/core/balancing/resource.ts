/**
 * Resource-based: weight × headroom, where headroom is what the application reports as free (ORCA or HAProxy agent): 1 − the larger of CPU and
 * memory share, 5 % at least. Of two endpoints drawn by that weight, the one with fewer requests in flight for it (CPU is an average over
 * seconds and lags behind; requests in flight do not). An endpoint above `maxCpu` or `maxMemory` is left out while
 * another is below. Reports count for 30 s; without one an endpoint has the mean headroom of the others.
 * Weights are worked out anew every 100 ms. O(1) otherwise.
 */
import type { Instant } from '../../base/time.ts';
import type { Balancer, BalancerContext, Candidates } from './balancer.ts';
import { NONE } from './balancer.ts';
import { NO_CANDIDATES } from './eligibility.ts';
import { TwoChoices } from './two-choices.ts';

const REFRESH_MS = 100;
const REPORT_MS = 30_000;
/** Requests in flight change fast: such a report counts for a second. */
const INFLIGHT_REPORT_MS = 1000;
const HEADROOM_MIN = 0.05;

/** Shares 0..1 above which an endpoint is left out; 1 = off. */
export interface ResourceLimits {
  readonly maxCpu: number;
  readonly maxMemory: number;
}

/** Two choices by reported or counted requests in flight. */
class ReportedLoad extends TwoChoices {
  protected override cost(index: number, now: Instant): number {
    const { table } = this.context;
    const slot = this.candidates.slots[index]!;
    const counted = table.inflight[slot]!;
    const isFresh = table.reportedInflight[slot]! >= 0 && now - table.reportedStamp[slot]! <= INFLIGHT_REPORT_MS;
    return (isFresh ? Math.max(counted, table.reportedInflight[slot]!) : counted) / this.candidates.weights[index]!;
  }
}

export class Resource implements Balancer {
  readonly #context: BalancerContext;
  readonly #limits: ResourceLimits;
  /** Those below the cut-offs; those above. */
  readonly #below: ReportedLoad;
  readonly #above: ReportedLoad;
  #candidates: Candidates = NO_CANDIDATES;
  #refreshAt = -Infinity;

  constructor(context: BalancerContext, limits: ResourceLimits) {
    this.#context = context;
    this.#limits = limits;
    this.#below = new ReportedLoad(context);
    this.#above = new ReportedLoad(context);
  }

  update(candidates: Candidates): void {
    this.#candidates = candidates;
    this.#refreshAt = -Infinity;
  }

  pick(key: number, tried: readonly number[], now: Instant): number {
    if (now >= this.#refreshAt) this.#refresh(now);
    const slot = this.#below.pick(key, tried, now);
    return slot === NONE ? this.#above.pick(key, tried, now) : slot;
  }

  #refresh(now: Instant): void {
    this.#refreshAt = now + REFRESH_MS;
    const { count } = this.#candidates;
    const headroom = new Float64Array(count);
    const below: number[] = [];
    const above: number[] = [];
    for (let index = 0; index < count; index++) {
      headroom[index] = this.#headroom(index, now);
      (this.#isAbove(index, now) ? above : below).push(index);
    }
    fillUnknown(headroom);
    this.#below.update(select(this.#candidates, below, headroom));
    this.#above.update(select(this.#candidates, above, headroom));
  }

  /** Free share of the scarcer resource; NaN when nothing is reported. */
  #headroom(index: number, now: Instant): number {
    const { table } = this.#context;
    const slot = this.#candidates.slots[index]!;
    const used = Math.max(table.reportedCpu[slot]!, table.reportedMemory[slot]!);
    if (used < 0 || now - table.reportedStamp[slot]! > REPORT_MS) return NaN;
    return Math.max(1 - used, HEADROOM_MIN);
  }

  #isAbove(index: number, now: Instant): boolean {
    const { table } = this.#context;
    const slot = this.#candidates.slots[index]!;
    if (now - table.reportedStamp[slot]! > REPORT_MS) return false;
    const { maxCpu, maxMemory } = this.#limits;
    return (maxCpu < 1 && table.reportedCpu[slot]! > maxCpu) || (maxMemory < 1 && table.reportedMemory[slot]! > maxMemory);
  }
}

/** Gives those without a report the mean of the others (1 when there are none). */
function fillUnknown(headroom: Float64Array): void {
  let known = 0;
  let sum = 0;
  for (const share of headroom) {
    if (Number.isNaN(share)) continue;
    known++;
    sum += share;
  }
  const mean = known === 0 ? 1 : sum / known;
  for (let index = 0; index < headroom.length; index++) if (Number.isNaN(headroom[index]!)) headroom[index] = mean;
}

function select(candidates: Candidates, indices: readonly number[], headroom: Float64Array): Candidates {
  return {
    count: indices.length,
    slots: Int32Array.from(indices, (index) => candidates.slots[index]!),
    weights: Float64Array.from(indices, (index) => candidates.weights[index]! * headroom[index]!),
    addresses: indices.map((index) => candidates.addresses[index]!),
    requestsMax: Int32Array.from(indices, (index) => candidates.requestsMax[index]!),
  };
}
