/**
 * Prequal: choose by requests in flight and latency, not by CPU. A small pool of recent looks at random endpoints; those whose
 * requests in flight are above a quantile are hot; among the cold the lowest latency wins (of about equal ones the fewest requests
 * in flight), and when all are hot the fewest requests in flight. Source: B. Wydrowski, R. Kleinberg, S. Rumble, A. Archer, "Load is not what you should balance: Introducing
 * Prequal", NSDI 2024. Pool of 16, 3 looks per pick, quantile 0.6 (0.84 in the paper herds on few endpoints near saturation).
 *
 * No probes are sent: what a probe would answer is in memory already. Requests in flight are this gateway's own, exact over its workers, and
 * an estimate of the other gateways' from what the application reports with its replies (none without reports). Latency is the shared average;
 * without samples it halves per time constant, so that a slow endpoint is tried again. O(1).
 */
import type { Instant } from '../../base/time.ts';
import { AliasTable } from './alias-table.ts';
import { averageLatency, decayFactor, latencySample, stepsPerMs } from './averages.ts';
import type { Balancer, BalancerContext, Candidates } from './balancer.ts';
import { NONE } from './balancer.ts';
import { findOpen, isTried, NO_CANDIDATES } from './eligibility.ts';

const POOL = 16;
const LOOKS = 3;
const HOT_QUANTILE = 0.6;
/** Looks that the quantile is taken over, and picks between two computations of it. */
const RECENT = 32;
const QUANTILE_PICKS = 8;
/** Latencies so close to the lowest count as equal: averages are no more exact, and the next best would starve. */
const LATENCY_SLACK = 1.25;
const LATENCY_SLACK_MS = 1;
/** Reports older than this are not believed. */
const REPORT_MS = 10_000;
/** Share that one report has in the mean of an endpoint's. */
const MEAN_SHARE = 1 / 8;

export class Prequal implements Balancer {
  readonly #context: BalancerContext;
  readonly #decayMs: number;
  readonly #stepsPerMs: number;
  readonly #draws = new AliasTable();
  #candidates: Candidates = NO_CANDIDATES;
  /** Of each candidate's last report: its time (0: none yet), the requests in flight that are not ours, and their moving mean. */
  #stamps = new Float64Array(0);
  #others = new Float64Array(0);
  #meanOthers = new Float64Array(0);
  readonly #pool = new Int32Array(POOL);
  /** By place in the pool, as of this pick: requests in flight (Infinity: not open) and latency (Infinity: hot). */
  readonly #loads = new Float64Array(POOL);
  readonly #latencies = new Float64Array(POOL);
  #pooled = 0;
  #oldest = 0;
  readonly #recent = new Float64Array(RECENT);
  readonly #sorted = new Float64Array(RECENT);
  #looks = 0;
  #picks = 0;
  #hotAbove = 0;

  /** @param decayMs Time constant of the latency average. */
  constructor(context: BalancerContext, decayMs: number) {
    this.#context = context;
    this.#decayMs = decayMs;
    this.#stepsPerMs = stepsPerMs(decayMs);
  }

  update(candidates: Candidates): void {
    this.#candidates = candidates;
    this.#draws.rebuild(candidates.weights, candidates.count);
    this.#stamps = new Float64Array(candidates.count);
    this.#others = new Float64Array(candidates.count);
    this.#meanOthers = new Float64Array(candidates.count);
    this.#pooled = Math.min(POOL, candidates.count);
    for (let place = 0; place < this.#pooled; place++) this.#pool[place] = place;
    if (candidates.count > POOL) for (let looks = 0; looks < POOL; looks++) this.#replaceOldest();
    this.#oldest = 0;
  }

  pick(_key: number, tried: readonly number[], now: Instant): number {
    if (this.#candidates.count === 0) return NONE;
    if (this.#candidates.count > POOL) for (let looks = 0; looks < LOOKS; looks++) this.#replaceOldest();
    this.#look(tried, now);
    let index = this.#choose(now);
    if (index < 0) {
      const start = this.#draws.draw(this.#context.random);
      index = findOpen(this.#context.table, this.#candidates, start, tried);
      if (index < 0) return NONE;
    }
    return this.#candidates.slots[index]!;
  }

  /** Looks at all in the pool, and takes the loads of three of them, in turn, into the recent ones. */
  #look(tried: readonly number[], now: Instant): void {
    const { inflight, reportedStamp, reportedInflight } = this.#context.table;
    const { slots, weights, requestsMax } = this.#candidates;
    for (let place = 0; place < this.#pooled; place++) {
      const index = this.#pool[place]!;
      const slot = slots[index]!;
      const limit = requestsMax[index]!;
      let load = inflight[slot]!;
      if ((limit !== 0 && load >= limit) || (tried.length > 0 && isTried(tried, slot))) load = Infinity;
      else if (reportedInflight[slot]! >= 0 && now - reportedStamp[slot]! <= REPORT_MS) load = this.#reportedLoad(index, slot, load, now);
      this.#loads[place] = load / weights[index]!;
    }
    for (let looks = 0; looks < LOOKS; looks++) {
      const load = this.#loads[this.#looks % this.#pooled]!;
      if (load < Infinity) this.#recent[this.#looks % RECENT] = load;
      this.#looks++;
    }
    if (this.#picks++ % QUANTILE_PICKS === 0) this.#updateQuantile();
  }

  /** Insertion sort into a scratch array: for 32 numbers cheaper than the built-in sort. */
  #updateQuantile(): void {
    const sorted = this.#sorted;
    const known = this.#looks < RECENT ? this.#looks : RECENT;
    for (let index = 0; index < known; index++) {
      const load = this.#recent[index]!;
      let place = index;
      for (; place > 0 && sorted[place - 1]! > load; place--) sorted[place] = sorted[place - 1]!;
      sorted[place] = load;
    }
    this.#hotAbove = sorted[Math.floor(known * HOT_QUANTILE)]!;
  }

  /** One is in the pool at most once: a draw of one that is there already leaves the pool as it is. */
  #replaceOldest(): void {
    const drawn = this.#draws.draw(this.#context.random);
    const place = this.#oldest;
    this.#oldest = (place + 1) % POOL;
    for (let other = 0; other < POOL; other++) if (this.#pool[other] === drawn) return;
    this.#pool[place] = drawn;
  }

  /** The hot-cold rule over the pool; -1 when all in it are tried or full. */
  #choose(now: Instant): number {
    const { latencyEwma, latencyStamp } = this.#context.table;
    let lowest = Infinity;
    for (let place = 0; place < this.#pooled; place++) {
      let latency = Infinity;
      if (this.#loads[place]! <= this.#hotAbove) {
        const slot = this.#candidates.slots[this.#pool[place]!]!;
        // Halves without samples, so that a slow endpoint is tried again.
        latency = latencyEwma[slot]! * decayFactor(now - latencyStamp[slot]!, this.#stepsPerMs);
      }
      this.#latencies[place] = latency;
      if (latency < lowest) lowest = latency;
    }
    // When all are hot, every latency is Infinity, as is the bound: the fewest requests in flight win.
    return this.#leastLoaded(lowest * LATENCY_SLACK + LATENCY_SLACK_MS);
  }

  /** Of those in the pool with no more than this latency, the one with the fewest requests in flight; of equals, each in turn. */
  #leastLoaded(latencyMax: number): number {
    let least = -1;
    let leastLoad = Infinity;
    let place = this.#picks % this.#pooled;
    for (let count = 0; count < this.#pooled; count++) {
      if (this.#latencies[place]! <= latencyMax && this.#loads[place]! < leastLoad) {
        least = this.#pool[place]!;
        leastLoad = this.#loads[place]!;
      }
      place = place + 1 === this.#pooled ? 0 : place + 1;
    }
    return least;
  }

  /**
   * Our own requests in flight and an estimate of the others': what the last report had beyond our own. It is as old as our last reply
   * from there, and loads change with every service time, so it fades into its mean at that pace.
   */
  #reportedLoad(index: number, slot: number, own: number, now: Instant): number {
    const { reportedInflight, reportedStamp, latencyEwma } = this.#context.table;
    const stamp = reportedStamp[slot]!;
    if (stamp !== this.#stamps[index]) this.#takeReport(index, stamp, reportedInflight[slot]! - own);
    const latency = latencyEwma[slot]!;
    const fresh = latency > 0 ? decayFactor(now - stamp, stepsPerMs(latency)) : 0;
    return own + this.#meanOthers[index]! + (this.#others[index]! - this.#meanOthers[index]!) * fresh;
  }

  /** Remembers a new report. */
  #takeReport(index: number, stamp: number, others: number): void {
    const isFirst = this.#stamps[index] === 0;
    this.#stamps[index] = stamp;
    this.#others[index] = others > 0 ? others : 0;
    if (isFirst) this.#meanOthers[index] = this.#others[index]!;
    else this.#meanOthers[index]! += (this.#others[index] - this.#meanOthers[index]!) * MEAN_SHARE;
  }

  observe(slot: number, latencyMs: number, failed: boolean, _bytes: number, now: Instant): void {
    const { table } = this.#context;
    averageLatency(table, slot, latencySample(table.latencyEwma[slot]!, latencyMs, failed), false, this.#decayMs, now);
  }
}
