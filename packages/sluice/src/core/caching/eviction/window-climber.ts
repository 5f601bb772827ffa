/**
 * How large W-TinyLFU's window is to be: 1 % of the bytes at first. Where recency matters more than frequency a larger one is better, so
 * it is changed a step at a time and the direction kept while the hit ratio rises: hill climbing. Steps begin at 6.25 % of the bytes and
 * shrink by 2 % each; a change of the hit ratio by 5 points or more begins anew. Source: Einziger et al., "Adaptive software cache
 * management", Middleware 2018; Caffeine's climber.
 */
import type { Regions } from './regions.ts';

const WINDOW_SHARE = 0.01;
/** Of the window and what is protected: the window takes from that. */
const WINDOW_SHARE_MAX = 0.8;
const STEP_SHARE = 0.0625;
const STEP_DECAY = 0.98;
const RESTART_CHANGE = 0.05;

const WINDOW_MAX = 0;
const STEP = 1;
const LAST_RATIO = 2;
const HITS = 3;
const USES = 4;
const FIGURES = 5;

export class WindowClimber {
  readonly #capacityBytes: number;
  readonly #isAdaptive: boolean;
  readonly #figures: Float64Array;

  constructor(regions: Regions, capacityBytes: number, isAdaptive: boolean) {
    this.#capacityBytes = capacityBytes;
    this.#isAdaptive = isAdaptive;
    this.#figures = regions.float64(FIGURES);
  }

  format(): void {
    this.#figures.fill(0);
    this.#figures[WINDOW_MAX] = Math.max(1, Math.floor(this.#capacityBytes * WINDOW_SHARE));
    this.#figures[STEP] = -STEP_SHARE * this.#capacityBytes;
  }

  /** Bytes, at least 1. */
  get windowMax(): number {
    return this.#figures[WINDOW_MAX]!;
  }

  /** Notes a use. @param sample Uses from one step to the next. @returns Whether the window's size has changed. */
  used(isHit: boolean, sample: number): boolean {
    if (!this.#isAdaptive) return false;
    if (isHit) this.#figures[HITS]!++;
    if (++this.#figures[USES]! < sample) return false;
    const ratio = this.#figures[HITS]! / this.#figures[USES]!;
    this.#figures[HITS] = 0;
    this.#figures[USES] = 0;
    return this.#climb(ratio);
  }

  #climb(ratio: number): boolean {
    const change = ratio - this.#figures[LAST_RATIO]!;
    const step = change >= 0 ? this.#figures[STEP]! : -this.#figures[STEP]!;
    const isRestart = Math.abs(change) >= RESTART_CHANGE;
    this.#figures[LAST_RATIO] = ratio;
    this.#figures[STEP] = isRestart ? Math.sign(step) * STEP_SHARE * this.#capacityBytes : step * STEP_DECAY;
    const before = this.windowMax;
    const wanted = Math.min(Math.round(before + step), Math.floor(this.#capacityBytes * WINDOW_SHARE_MAX));
    this.#figures[WINDOW_MAX] = Math.max(1, wanted);
    return this.windowMax !== before;
  }
}
