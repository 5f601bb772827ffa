/**
 * A scaling signal that somebody outside is asked for, on its own clock: the last number is good for three periods, then it is unknown, which takes no instance away. A
 * source that fails is asked less and less often, up to once a minute; it is said once when it begins to fail, and once when it is back.
 */
import { assert } from '../../base/assert.ts';
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { Instant } from '../../base/time.ts';
import { firstLine } from '../../config/fault.ts';
import { backoffDelay } from '../../core/fleet/backoff.ts';
import type { SayEvent } from '../say-event.ts';

export interface PolledSignalOptions {
  readonly runtime: Runtime;
  readonly say: SayEvent;
  readonly service: string;
  readonly policy: string;
  readonly pollMs: number;
  /** For one answer. */
  readonly deadlineMs: number;
  readonly ask: (abort: AbortSignal) => Promise<number>;
}

/** So many periods a number is good for: one answer may be late and one may fail. */
const PERIODS_GOOD = 3;
const FAILING_MAX_MS = 60_000;
const JITTER = 0.1;
/** The first question of a service with several sources is spread over this. */
const FIRST_MS = 500;

export class PolledSignal {
  readonly #options: PolledSignalOptions;
  #last: { readonly value: number; readonly at: Instant } | null = null;
  #failures = 0;
  #wait: Cancel | null = null;
  #running: AbortController | null = null;

  constructor(options: PolledSignalOptions) {
    this.#options = options;
    const { pollMs, runtime } = options;
    assert(pollMs > 0, `pollMs must be above 0, got ${pollMs}`);
    this.#schedule(runtime.random() * Math.min(FIRST_MS, pollMs));
  }

  /** The last number; null when there is none that is still good. */
  value(now: Instant): number | null {
    return this.#last !== null && now - this.#last.at <= PERIODS_GOOD * this.#options.pollMs ? this.#last.value : null;
  }

  stop(): void {
    this.#wait?.();
    this.#wait = null;
    this.#running?.abort(new Error('no longer needed'));
    this.#running = null;
  }

  #schedule(delayMs: number): void {
    this.#wait = this.#options.runtime.timers.after(delayMs, () => {
      this.#wait = null;
      void this.#poll();
    });
  }

  async #poll(): Promise<void> {
    const { runtime, ask, deadlineMs } = this.#options;
    const controller = new AbortController();
    this.#running = controller;
    const cancel = runtime.timers.after(deadlineMs, () => controller.abort(new Error(`no answer within ${deadlineMs / 1_000} s`)));
    let outcome: number | Error;
    try {
      outcome = checked(await ask(controller.signal));
    } catch (error) {
      outcome = error instanceof Error ? error : new Error(String(error));
    }
    cancel();
    if (this.#running !== controller) return;
    this.#running = null;
    if (typeof outcome === 'number') this.#succeeded(outcome);
    else this.#failed(outcome);
    this.#schedule(this.#delayMs());
  }

  #succeeded(value: number): void {
    const { runtime, say, service, policy } = this.#options;
    this.#last = { value, at: runtime.clock.now() };
    if (this.#failures > 0) say('info', 'signal-back', { service, signal: policy, value });
    this.#failures = 0;
  }

  #failed(error: Error): void {
    const { say, service, policy } = this.#options;
    this.#failures += 1;
    if (this.#failures > 1) return;
    say('warn', 'signal-lost', { service, signal: policy, reason: firstLine(error), effect: 'no instance is taken away until it is back' });
  }

  #delayMs(): number {
    const { pollMs, runtime } = this.#options;
    if (this.#failures === 0) return pollMs * (1 + JITTER * (2 * runtime.random() - 1));
    return backoffDelay({ baseMs: pollMs, maxMs: Math.max(pollMs, FAILING_MAX_MS), jitter: JITTER }, this.#failures, runtime.random);
  }
}

function checked(value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new Error(`it is ${value}; a signal is a finite number, 0 or above`);
}
