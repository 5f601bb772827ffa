/**
 * Knative's pod autoscaler, after `pkg/autoscaler/scaling/autoscaler.go` and its default configuration: a tick of 2 s; means of concurrency per second over 60 s
 * and 6 s; panic from 2.0 times the ready pods for at least 60 s, in which nothing is taken away; out by at most × 1000, in by at most ÷ 2 per tick.
 */
import type { Autoscaler, ServiceView } from './autoscaler.ts';

const TICK_MS = 2_000;
const STABLE_SECONDS = 60;
const PANIC_SECONDS = 6;
const PANIC_THRESHOLD = 2;
const UP_RATE = 1_000;
const DOWN_RATE = 2;

export class Kpa implements Autoscaler {
  readonly name = 'KPA';
  /** Its buckets are of one second; every second look is a tick. */
  readonly periodMs = 1_000;
  readonly #target: number;
  /** Mean concurrency per second, the last 60. */
  #buckets: number[] = [];
  #seenSeconds = 0;
  #seenAt = 0;
  #tickAt = TICK_MS;
  #panicAt: number | null = null;
  #panicMost = 0;

  /** @param target Requests at once per pod: 70 % of what it may have. */
  constructor(target: number) {
    this.#target = target;
  }

  decide(view: ServiceView): number {
    this.#look(view);
    if (view.nowMs < this.#tickAt) return view.wanted;
    this.#tickAt += TICK_MS;
    const ready = Math.max(1, view.ready);
    const [stable, panic] = [this.#pods(STABLE_SECONDS, ready), this.#pods(PANIC_SECONDS, ready)];
    if (panic / ready >= PANIC_THRESHOLD) this.#panicAt = view.nowMs;
    else if (this.#panicAt !== null && this.#panicAt + STABLE_SECONDS * 1_000 < view.nowMs) {
      this.#panicAt = null;
      this.#panicMost = 0;
    }
    if (this.#panicAt === null) return stable;
    return (this.#panicMost = Math.max(this.#panicMost, stable, panic));
  }

  #look({ nowMs, concurrencySeconds }: ServiceView): void {
    const span = nowMs - this.#seenAt;
    if (span <= 0) return;
    this.#buckets.push(((concurrencySeconds - this.#seenSeconds) * 1_000) / span);
    this.#buckets = this.#buckets.slice(-STABLE_SECONDS);
    [this.#seenSeconds, this.#seenAt] = [concurrencySeconds, nowMs];
  }

  #pods(seconds: number, ready: number): number {
    const window = this.#buckets.slice(-seconds);
    const mean = window.reduce((sum, value) => sum + value, 0) / Math.max(1, window.length);
    return Math.min(Math.max(Math.ceil(mean / this.#target - 1e-9), Math.floor(ready / DOWN_RATE)), Math.ceil(ready * UP_RATE));
  }
}
