/**
 * One worker's place: the thread that runs in it, what it was asked and has not answered, and its restart. The place keeps its index
 * (the columns in the shared tables) when its thread crashes and another takes over.
 */
import type { Cancel } from '../../base/runtime.ts';
import type { Instant } from '../../base/time.ts';
import type { Plan } from '../../config/plan.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** A question to a worker; settled by its answer, its end or the deadline. */
export interface PendingAnswer<Answer> {
  readonly generation: number;
  readonly settle: (answer: Answer) => void;
}

export class WorkerSlot {
  readonly index: number;
  /** Null between a crash and the restart. */
  handle: WorkerHandle | null = null;
  startedAt: Instant | null = null;
  /** The plan that its thread has said it runs; null when none, or when an answer is still due. */
  confirmed: Plan | null = null;
  /** Crashes in a row that came before a steady run. */
  failures = 0;
  restart: Cancel | null = null;
  /** Whether its end is asked for: no restart. */
  isLeaving = false;
  /** Null when nothing is asked. The answer: an error text, or null. */
  applying: PendingAnswer<string | null> | null = null;
  /** The answer: connections cut. */
  draining: PendingAnswer<number> | null = null;
  /** Once its end was asked for: when its thread is gone. */
  ended: Promise<void> | null = null;
  /** Settles it. */
  left: (() => void) | null = null;

  constructor(index: number) {
    this.index = index;
  }

  /** Settles what is asked with an error; nothing when nothing is asked. */
  failPending(reason: string): void {
    this.applying?.settle(reason);
    this.applying = null;
    this.draining?.settle(0);
    this.draining = null;
  }
}
