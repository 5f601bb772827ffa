/** Keeps requests from waiting for a tier that fails: after a failure it is left alone for a while, then one tries it. Told to people when it begins to fail, and when it is back. */
import type { Clock, Instant } from '../../base/time.ts';

export interface BreakerOptions {
  readonly clock: Clock;
  /** Left alone for so long after a failure. */
  readonly restMs: number;
  readonly failed: (reason: string) => void;
  readonly back: () => void;
}

export class TierBreaker {
  private readonly options: BreakerOptions;
  private restsUntil = -Infinity;
  private hasFailed = false;

  constructor(options: BreakerOptions) {
    this.options = options;
  }

  /** Whether it may be asked now. After a rest, one asks before all others. */
  allows(): boolean {
    if (!this.hasFailed) return true;
    const now: Instant = this.options.clock.now();
    if (now < this.restsUntil) return false;
    this.restsUntil = now + this.options.restMs;
    return true;
  }

  succeeded(): void {
    if (!this.hasFailed) return;
    this.hasFailed = false;
    this.options.back();
  }

  failedWith(reason: unknown): void {
    const isNews = !this.hasFailed;
    this.hasFailed = true;
    this.restsUntil = this.options.clock.now() + this.options.restMs;
    if (isNews) this.options.failed(reason instanceof Error ? reason.message : String(reason));
  }
}
