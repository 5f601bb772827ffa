/** How the export of one signal goes: what is counted, how long to wait for a collector that is away, and what is said of it: once when it goes, once when it is back. */
import type { Runtime } from '../../base/runtime.ts';
import type { Delivery } from '../../clients/otlp/delivery.ts';
import type { SayEvent } from '../say-event.ts';

export type Signal = 'traces' | 'metrics' | 'logs';

export interface SignalCounts {
  /** Taken by the collector: spans, events, collections of metrics. */
  exported: number;
  /** Not sent: too many waited, or the program ended. */
  dropped: number;
  /** Refused by the collector. */
  failed: number;
}

export interface SignalReportOptions {
  readonly signal: Signal;
  /** Host and port. */
  readonly collector: string;
  readonly counts: SignalCounts;
  readonly runtime: Runtime;
  readonly say: SayEvent;
}

const WAIT_MIN_MS = 1_000;
const WAIT_MAX_MS = 60_000;
/** A collector that asks for more has to be told again. */
const ASKED_MAX_MS = 600_000;

export class SignalReport {
  readonly #options: SignalReportOptions;
  #awaySince: number | null = null;
  #tries = 0;
  #lost = 0;
  #isRefused = false;

  constructor(options: SignalReportOptions) {
    this.#options = options;
  }

  get isAway(): boolean {
    return this.#awaySince !== null;
  }

  dropped(count: number): void {
    this.#options.counts.dropped += count;
    this.#lost += count;
  }

  /** @returns Milliseconds after which the same is to be sent again; null: it is done with. */
  delivered(delivery: Delivery, count: number): number | null {
    const { counts } = this.#options;
    switch (delivery.end) {
      case 'taken':
        counts.exported += count - Math.min(count, delivery.rejected);
        counts.failed += Math.min(count, delivery.rejected);
        this.#sayRefused(delivery.rejected > 0 ? delivery : null);
        this.#sayBack();
        return null;
      case 'refused':
        counts.failed += count;
        this.#sayRefused(delivery);
        this.#sayBack();
        return null;
      case 'away':
        return this.#away(delivery);
    }
  }

  #away({ reason, afterMs }: Delivery & { readonly end: 'away' }): number {
    const { runtime, say, signal, collector } = this.#options;
    if (this.#awaySince === null) {
      this.#awaySince = runtime.clock.now();
      this.#lost = 0;
      say('warn', 'otlp-away', { signal, collector, reason });
    }
    const backoff = Math.min(WAIT_MIN_MS * 2 ** this.#tries++, WAIT_MAX_MS);
    // Between half and all of it, so that many do not come at once.
    return Math.max(backoff * (0.5 + runtime.random() / 2), Math.min(afterMs ?? 0, ASKED_MAX_MS));
  }

  #sayBack(): void {
    this.#tries = 0;
    if (this.#awaySince === null) return;
    const { runtime, say, signal, collector } = this.#options;
    const awayMs = Math.round(runtime.clock.now() - this.#awaySince);
    this.#awaySince = null;
    say('info', 'otlp-back', { signal, collector, awayMs, lost: this.#lost });
  }

  /** Once until one is taken whole again. */
  #sayRefused(delivery: { readonly reason: string } | null): void {
    const { say, signal, collector } = this.#options;
    if (delivery !== null && !this.#isRefused) say('error', 'otlp-refused', { signal, collector, reason: delivery.reason });
    this.#isRefused = delivery !== null;
  }
}
