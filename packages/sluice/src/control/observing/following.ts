/**
 * What one viewer has still to be given: a bounded queue with an end. Whoever is slow loses the oldest, and can be told how many; nobody is waited for.
 * It ends when its signal aborts or its reader leaves.
 */

export interface FollowingOptions<Item> {
  /** Items kept at most. */
  readonly max: number;
  readonly signal: AbortSignal;
  /** It ended: nothing is to be offered any more. Called once; not for one that was over before it began. */
  readonly ended: () => void;
  /** What stands for items that were lost; none where it is null. @param last The youngest of them. */
  readonly gap?: (lost: number, last: Item) => Item;
}

export class Following<Item> implements AsyncIterableIterator<Item> {
  readonly #options: FollowingOptions<Item>;
  readonly #items: Item[] = [];
  readonly #aborted = (): void => this.#end();
  #lost = 0;
  #lastLost: Item | null = null;
  #waiting: PromiseWithResolvers<IteratorResult<Item>> | null = null;
  #isEnded = false;

  constructor(options: FollowingOptions<Item>) {
    this.#options = options;
    this.#isEnded = options.signal.aborted;
    options.signal.addEventListener('abort', this.#aborted, { once: true });
  }

  offer(item: Item): void {
    if (this.#isEnded) return;
    if (this.#waiting !== null) {
      this.#waiting.resolve({ done: false, value: item });
      this.#waiting = null;
      return;
    }
    this.#items.push(item);
    if (this.#items.length <= this.#options.max) return;
    this.#lastLost = this.#items.shift()!;
    this.#lost++;
  }

  /** One call at a time, as `for await` does. */
  async next(): Promise<IteratorResult<Item>> {
    if (this.#isEnded) return { done: true, value: undefined };
    if (this.#lost > 0 && this.#options.gap !== undefined) {
      const value = this.#options.gap(this.#lost, this.#lastLost!);
      this.#lost = 0;
      return { done: false, value };
    }
    const item = this.#items.shift();
    if (item !== undefined) return { done: false, value: item };
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  async return(): Promise<IteratorResult<Item>> {
    this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#items.length = 0;
    this.#options.signal.removeEventListener('abort', this.#aborted);
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#options.ended();
  }
}
