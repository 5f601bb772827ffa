/** What came of a simulated run: how long requests took, and what it cost. */
export class Outcome {
  instanceSeconds = 0;
  refused = 0;
  requests = 0;
  /** The most requests that waited at once. */
  waitingMost = 0;
  /** By how many seconds requests were over their target, summed up: request-seconds over the target. */
  overSeconds = 0;
  /** Changes of the number of instances: when, and to what. */
  readonly changes: { readonly atSeconds: number; readonly from: number; readonly to: number }[] = [];
  readonly #targetSeconds: number;
  /** Latencies by the second in which the reply was given. */
  readonly #bySecond: number[][];

  constructor(seconds: number, targetSeconds: number) {
    this.#targetSeconds = targetSeconds;
    this.#bySecond = Array.from({ length: Math.ceil(seconds) + 1 }, () => []);
  }

  done(atSeconds: number, latencySeconds: number): void {
    this.requests++;
    this.overSeconds += Math.max(0, latencySeconds - this.#targetSeconds);
    this.#bySecond[Math.min(this.#bySecond.length - 1, Math.floor(atSeconds))]!.push(latencySeconds);
  }

  /** A request that still waits at the end. */
  unfinished(latencySeconds: number): void {
    this.requests++;
    this.overSeconds += Math.max(0, latencySeconds - this.#targetSeconds);
  }

  decided(atSeconds: number, from: number, to: number): void {
    if (from !== to) this.changes.push({ atSeconds, from, to });
  }

  /** Of the replies given from one second to another; NaN when there was none. */
  quantile(fromSecond: number, toSecond: number, share: number): number {
    const sorted = this.#bySecond
      .slice(fromSecond, toSecond)
      .flat()
      .toSorted((left, right) => left - right);
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  }

  /** Seconds after `fromSecond` from which on the 95th percentile of each second's replies is within `bound`; NaN = not before the end. */
  recoverySeconds(fromSecond: number, untilSecond: number, bound: number): number {
    let second = untilSecond;
    while (second > fromSecond && !(this.quantile(second - 1, second, 0.95) > bound)) second--;
    return second === untilSecond ? Number.NaN : second - fromSecond;
  }

  /** Turns from out to in or back. */
  get reversals(): readonly number[] {
    const turns: number[] = [];
    for (const [index, change] of this.changes.entries()) {
      const before = this.changes[index - 1];
      if (before !== undefined && change.to > change.from !== before.to > before.from) turns.push(change.atSeconds);
    }
    return turns;
  }
}
