/** Keeps requests from waiting for a tier that fails: after a failure it is left alone for a while, then one tries it. Told to people when it begins to fail, and when it is back; at most once a minute. */
import type { Clock } from '../../base/time.ts';

export interface BreakerOptions {
  readonly clock: Clock;
  /** Left alone for so long after a failure. */
  readonly restMs: number;
  readonly failed: (reason: string) => void;
  readonly back: () => void;
}

const TOLD_EVERY_MS = 60_000;

export class TierBreaker {
  private readonly options: BreakerOptions;
  private restsUntil = -Infinity;
  private hasFailed = false;
  private isTried = false;
  private isTold = false;
  private toldAt = -Infinity;

  constructor(options: BreakerOptions) {
    this.options = options;
  }

  /** Whether it may be asked now. After a rest, one asks before all others. */
  allows(): boolean {
    if (!this.hasFailed) return true;
    const now = this.options.clock.now();
    if (now < this.restsUntil) return false;
    this.restsUntil = now + this.options.restMs;
    this.isTried = true;
    return true;
  }

  /** What was asked before it failed says nothing of how it is now. */
  succeeded(): void {
    if (!this.hasFailed || !this.isTried) return;
    this.hasFailed = this.isTried = false;
    if (this.isTold) this.options.back();
    this.isTold = false;
  }

  failedWith(reason: unknown): void {
    const now = this.options.clock.now();
    this.hasFailed = true;
    this.isTried = false;
    this.restsUntil = now + this.options.restMs;
    if (this.isTold || now - this.toldAt < TOLD_EVERY_MS) return;
    this.isTold = true;
    this.toldAt = now;
    this.options.failed(reason instanceof Error ? reason.message : String(reason));
  }
}
