/**
 * Tells a platform what a group is to become: one write at a time, at most one per second, backoff with jitter while it cannot be reached. A write
 * whose answer was lost is repeated as it was until its outcome is known, so that it is not done twice.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import { after, type Instant } from '../../base/time.ts';
import { backoffDelay, type BackoffPolicy } from '../../core/fleet/backoff.ts';
import type { GroupFault, GroupWrite, InstanceGroup } from './group.ts';

/** `end` makes the number smaller by its names. */
export interface GroupOrder {
  readonly type: 'resize' | 'end';
  readonly from: number;
  readonly to: number;
  readonly names: readonly string[];
}

export interface GroupWriterWorld {
  readonly runtime: Runtime;
  readonly group: InstanceGroup;
  /** What is to be written next; null: nothing. What it returns is written. */
  readonly next: () => GroupOrder | null;
  /** `isUncertain`: an earlier try failed in a way that it may have been done then. */
  readonly written: (order: GroupOrder, result: GroupWrite, isUncertain: boolean) => void;
  /** It was surely not done, and is not tried again as it is. */
  readonly refused: (order: GroupOrder) => void;
  readonly failed: (fault: GroupFault) => void;
}

/** Between the beginnings of two writes. */
const PERIOD_MS = 1_000;
const BACKOFF: BackoffPolicy = { baseMs: 1_500, maxMs: 30_000, jitter: 0.3 };

export class GroupWriter {
  readonly #world: GroupWriterWorld;
  /** Tried, with an unknown outcome. */
  #uncertain: GroupOrder | null = null;
  #isWriting = false;
  #isClosed = false;
  #failures = 0;
  #lastStart: Instant | null = null;
  #notBefore: Instant | null = null;
  #cancel: Cancel | null = null;

  constructor(world: GroupWriterWorld) {
    this.#world = world;
  }

  /** There may be something to write. Cheap; called whenever anything has changed. */
  wake(): void {
    if (this.#isWriting || this.#isClosed || this.#cancel !== null) return;
    const wait = (this.#notBefore ?? 0) - this.#world.runtime.clock.now();
    if (this.#notBefore !== null && wait > 0) {
      this.#cancel = this.#world.runtime.timers.after(wait, () => {
        this.#cancel = null;
        this.wake();
      });
      return;
    }
    const order = this.#uncertain ?? this.#world.next();
    if (order !== null) void this.#write(order);
  }

  /** The platform answers again: what waits is not held back any longer than the usual second. */
  hurry(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#notBefore = this.#lastStart === null ? null : after(this.#lastStart, PERIOD_MS);
    this.wake();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  async #write(order: GroupOrder): Promise<void> {
    const { group, runtime } = this.#world;
    const isRepeated = this.#uncertain !== null;
    this.#isWriting = true;
    this.#lastStart = runtime.clock.now();
    this.#notBefore = after(this.#lastStart, PERIOD_MS);
    let result: GroupWrite | GroupFault;
    try {
      result = await (order.type === 'resize' ? group.resize(order.from, order.to) : group.end(order.names, order.from));
    } catch (error) {
      result = group.fault(error);
    }
    this.#isWriting = false;
    if (this.#isClosed) return;
    if (typeof result === 'string') this.#settled(order, result, isRepeated);
    else this.#failed(order, result);
    this.wake();
  }

  #settled(order: GroupOrder, result: GroupWrite, isUncertain: boolean): void {
    this.#uncertain = null;
    this.#failures = 0;
    this.#world.written(order, result, isUncertain);
  }

  #failed(order: GroupOrder, fault: GroupFault): void {
    const { clock, random } = this.#world.runtime;
    this.#notBefore = after(clock.now(), Math.max(PERIOD_MS, backoffDelay(BACKOFF, ++this.#failures, random)));
    this.#uncertain = fault.kind === 'away' ? order : null;
    if (this.#uncertain === null) this.#world.refused(order);
    this.#world.failed(fault);
  }
}
