/**
 * Reloads and rollbacks, one after the other: each gets the result of its own change. Those that want the same and wait are joined, so a storm of signals or file events
 * costs two reloads; a rollback is never joined with a reload, of which it would get the answer, or the other way round. Bound: `WAITING_MAX` that differ.
 */
import type { ReloadResult } from '../admin/reload-result.ts';
import type { Plan } from '../config/plan.ts';

/** `all`: the configuration is read again. `files`: only the files that the one that runs names. A plan: it ran before, and is to run again. */
export type Wish = 'all' | 'files' | Plan;

const WAITING_MAX = 16;

interface Waiting {
  wish: Wish;
  by: string;
  readonly settle: PromiseWithResolvers<ReloadResult>;
}

export class ReloadLine {
  readonly #change: (wish: Wish, by: string) => Promise<ReloadResult>;
  /** The first comes first. */
  readonly #waiting: Waiting[] = [];
  #isWorking = false;

  /** @param change Makes one; not called again before it has settled. */
  constructor(change: (wish: Wish, by: string) => Promise<ReloadResult>) {
    this.#change = change;
  }

  /** @param by Who wants it. @returns What came of the change that did it. */
  request(wish: Wish, by: string): Promise<ReloadResult> {
    const last = this.#waiting.at(-1);
    if (last !== undefined && covers(last.wish, wish)) return last.settle.promise;
    if (last?.wish === 'files' && wish === 'all') {
      last.wish = wish;
      last.by = by;
      return last.settle.promise;
    }
    if (this.#waiting.length >= WAITING_MAX) return Promise.resolve(tooMany());
    const settle = Promise.withResolvers<ReloadResult>();
    this.#waiting.push({ wish, by, settle });
    if (!this.#isWorking) void this.#work();
    return settle.promise;
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    // Let those who ask in the same turn join.
    await Promise.resolve();
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      try {
        next.settle.resolve(await this.#change(next.wish, next.by));
      } catch (error) {
        next.settle.reject(error);
      }
    }
    this.#isWorking = false;
  }
}

/** Whatever is read brings the files that it names. */
function covers(waiting: Wish, wish: Wish): boolean {
  return waiting === wish || wish === 'files';
}

function tooMany(): ReloadResult {
  return { ok: false, faults: [`${WAITING_MAX} reloads and rollbacks wait already, as many as may: try again when they are done`] };
}
