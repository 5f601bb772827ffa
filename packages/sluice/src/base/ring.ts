/**
 * A bounded first-in, first-out queue over one array: waiting requests, recent samples. O(1) each way; the array grows by
 * doubling up to the bound, so that a generous bound costs nothing while it is not used.
 */

/** Holds at most `capacity` items. */
export class Ring<Item> {
  readonly #capacity: number;
  #items: (Item | undefined)[] = [undefined, undefined, undefined, undefined];
  #head = 0;
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** Appends; false (and nothing happens) when full. */
  push(item: Item): boolean {
    if (this.#size >= this.#capacity) return false;
    if (this.#size === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#size) & (this.#items.length - 1)] = item;
    this.#size++;
    return true;
  }

  /** Removes and returns the oldest; undefined when empty. */
  shift(): Item | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#size--;
    return item;
  }

  /** The oldest, left in place; undefined when empty. */
  peek(): Item | undefined {
    return this.#size === 0 ? undefined : this.#items[this.#head];
  }

  #grow(): void {
    const items: (Item | undefined)[] = [];
    for (let index = 0; index < this.#size; index++) items.push(this.#items[(this.#head + index) & (this.#items.length - 1)]);
    while (items.length < this.#size * 2) items.push(undefined);
    this.#items = items;
    this.#head = 0;
  }
}
