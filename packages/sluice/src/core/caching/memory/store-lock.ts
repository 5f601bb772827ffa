/**
 * The one lock of a store: a word that names its holder, so that a holder that died can be found out. Who cannot have it at once tries
 * for some microseconds, then sleeps in the kernel. Hits never come here; holders stay for one to some hundred microseconds.
 */
import { AssertionError } from '../../../base/assert.ts';
import { LOCK } from './memory-layout.ts';

const HOLDER = 0xff;
const CONTENDED = 0x100;
const SPINS = 200;
/** A sleeper looks again after this, were its wake-up lost with the thread that owed it. */
const SLEEP_MS = 10;
/** Far beyond any honest holder: by then the main thread has been told of a crash and has taken the lock back. */
const WAIT_MAX_MS = 10_000;

export class StoreLock {
  readonly #words: Int32Array;
  readonly #me: number;

  constructor(words: Int32Array, owner: number) {
    this.#words = words;
    this.#me = owner + 1;
  }

  /** @throws {AssertionError} when the holder does not let go within 10 seconds. */
  lock(): void {
    if (this.lockWithin(WAIT_MAX_MS)) return;
    throw new AssertionError(`the lock of the memory store was held by owner ${this.holder} for ${WAIT_MAX_MS} ms`);
  }

  /** Takes the lock unless somebody has it. */
  tryLock(): boolean {
    return Atomics.compareExchange(this.#words, LOCK, 0, this.#me) === 0;
  }

  /** @returns False when the time was over. Accurate to 10 ms, and never waits longer. */
  lockWithin(waitMs: number): boolean {
    for (let spin = 0; spin < SPINS; spin++) if (this.tryLock()) return true;
    for (let waited = 0; waited <= waitMs; waited += SLEEP_MS) {
      // Takes it as contended: it cannot know whether others sleep too.
      for (;;) {
        const word = Atomics.load(this.#words, LOCK);
        if (word === 0) {
          if (Atomics.compareExchange(this.#words, LOCK, 0, this.#me | CONTENDED) === 0) return true;
          continue;
        }
        if ((word & CONTENDED) !== 0 || Atomics.compareExchange(this.#words, LOCK, word, word | CONTENDED) === word) {
          // Woken does not count as time waited, but each wake-up was a holder that let go.
          if (Atomics.wait(this.#words, LOCK, word | CONTENDED, SLEEP_MS) !== 'timed-out') waited = Math.max(0, waited - SLEEP_MS + 1);
          break;
        }
      }
    }
    return false;
  }

  unlock(): void {
    if ((Atomics.exchange(this.#words, LOCK, 0) & CONTENDED) !== 0) Atomics.notify(this.#words, LOCK, 1);
  }

  /** The owner that has it; -1 when nobody has. */
  get holder(): number {
    return (Atomics.load(this.#words, LOCK) & HOLDER) - 1;
  }

  /** Takes the lock from an owner that will never run again. @returns Whether that owner had it. */
  takeFrom(dead: number): boolean {
    for (;;) {
      const word = Atomics.load(this.#words, LOCK);
      if ((word & HOLDER) !== dead + 1) return false;
      if (Atomics.compareExchange(this.#words, LOCK, word, this.#me | CONTENDED) === word) return true;
    }
  }
}
