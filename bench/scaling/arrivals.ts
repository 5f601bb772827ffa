/** When requests come: a Poisson process whose rate is a function of time, or a trace. */
import type { Random } from '../../packages/sluice/src/base/random.ts';

/** Requests per second at a time in seconds; constant within each tenth of a second. */
export type Rate = (seconds: number) => number;

const SLOT_SECONDS = 0.1;

/** Draws the arrivals one after another. Exact for a rate that is constant within slots: an exponential amount of rate is used up. */
export class Arrivals {
  readonly #rate: Rate;
  readonly #random: Random;
  #slot = 0;
  #at = 0;

  constructor(rate: Rate, random: Random) {
    this.#rate = rate;
    this.#random = random;
  }

  /** @returns The time of the next one in seconds; Infinity after `untilSeconds`. */
  next(untilSeconds: number): number {
    let left = -Math.log(1 - this.#random());
    for (;;) {
      const [end, rate] = [(this.#slot + 1) * SLOT_SECONDS, this.#rate(this.#slot * SLOT_SECONDS)];
      const room = (end - this.#at) * rate;
      if (left < room) return (this.#at += left / rate);
      left -= room;
      this.#at = end;
      this.#slot++;
      if (end >= untilSeconds) return Infinity;
    }
  }
}
