/**
 * Uses that wait for the lock, for policies that change lists at each use: a worker gathers some and tells them at once, and never waits to
 * do so. When the lock is busy the oldest are lost, which costs accuracy only. Source: Ding et al., "BP-Wrapper", ICDE 2009; Caffeine.
 */
import { IN_POLICY, STATE } from './memory-layout.ts';
import type { StoreParts } from './store-parts.ts';

const LENGTH = 64;

export class TouchRing {
  readonly #parts: StoreParts;
  readonly #slots = new Int32Array(LENGTH);
  readonly #lives = new Int32Array(LENGTH);
  #count = 0;

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  add(slot: number, life: number): void {
    if (this.#count === LENGTH) this.#tell();
    this.#slots[this.#count] = slot;
    this.#lives[this.#count++] = life;
  }

  /** Tells the policy, under the lock. */
  flush(): void {
    const { views, index, policy } = this.#parts;
    for (let at = 0; at < this.#count; at++) {
      const slot = this.#slots[at]!;
      const base = index.base(slot);
      if (views.words[base + STATE] === this.#lives[at] && views.words[base + IN_POLICY] !== 0) policy.touched(slot);
    }
    this.#count = 0;
  }

  #tell(): void {
    if (this.#parts.lock.tryLock()) this.#parts.thenUnlock(() => this.flush());
    this.#count = 0;
  }
}
