/**
 * Remembers what a pure function made of a text: clients send few different Accept-Encodings, and a look-up costs a tenth of the
 * work. Bounded: at most `ENTRIES_MAX` texts of at most `LENGTH_MAX` characters; when full it begins anew, so that a client that sends
 * ever new values only costs us what we would pay without it.
 */

const ENTRIES_MAX = 256;
const LENGTH_MAX = 256;

/** A memory of one function. */
export class ValueMemo {
  readonly #make: (text: string) => string;
  readonly #known = new Map<string, string>();

  /** @param make Pure. */
  constructor(make: (text: string) => string) {
    this.#make = make;
  }

  /** What the function makes of `text`. */
  get(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const made = this.#make(text);
    if (text.length > LENGTH_MAX) return made;
    if (this.#known.size === ENTRIES_MAX) this.#known.clear();
    this.#known.set(text, made);
    return made;
  }

  /** Texts that are remembered. */
  get size(): number {
    return this.#known.size;
  }
}
