/**
 * Addresses of endpoints that are named, for the kernel, which knows no names. Looks every second at what the resolver has, which itself asks again only
 * when records expire; while a name server is gone, the last addresses stay.
 */
import type { LookupFunction } from 'node:net';
import type { Cancel, Runtime } from '../../base/runtime.ts';

export interface EndpointNamesOptions {
  readonly runtime: Runtime;
  readonly lookup: LookupFunction;
  /** A name has other addresses, its first included. */
  readonly changed: () => void;
}

const LOOK_EVERY_MS = 1_000;
/** A start waits no longer than this for the first answers. */
const FIRST_ANSWER_MS = 2_000;

export class EndpointNames {
  readonly #options: EndpointNamesOptions;
  readonly #addresses = new Map<string, readonly string[]>();
  /** An answer is waited for. */
  readonly #asked = new Set<string>();
  #looking: Cancel | null = null;

  constructor(options: EndpointNamesOptions) {
    this.#options = options;
  }

  /** Known so far, in one order; none while nothing was answered. */
  addresses(name: string): readonly string[] {
    return this.#addresses.get(name) ?? [];
  }

  /** Takes in names. Resolves when each has an answer, or after 2 s. */
  async learn(names: Iterable<string>): Promise<void> {
    const fresh = [...names].filter((name) => !this.#addresses.has(name));
    if (fresh.length === 0) return;
    for (const name of fresh) this.#addresses.set(name, []);
    this.#looking ??= this.#options.runtime.timers.every(LOOK_EVERY_MS, () => {
      for (const name of this.#addresses.keys()) void this.#ask(name);
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.runtime.timers.after(FIRST_ANSWER_MS, resolve);
    await Promise.race([promise, Promise.all(fresh.map((name) => this.#ask(name)))]);
    cancel();
  }

  /** Forgets all others. */
  retain(names: ReadonlySet<string>): void {
    for (const name of this.#addresses.keys()) if (!names.has(name)) this.#addresses.delete(name);
    if (this.#addresses.size === 0) this.stop();
  }

  stop(): void {
    this.#looking?.();
    this.#looking = null;
  }

  /** Asks for a name, unless an answer is still waited for. Resolves when there is one. */
  #ask(name: string): Promise<void> {
    if (this.#asked.has(name)) return Promise.resolve();
    this.#asked.add(name);
    return new Promise((resolve) => {
      this.#options.lookup(name, { all: true }, (error, found) => {
        this.#asked.delete(name);
        resolve();
        const before = this.#addresses.get(name);
        if (error !== null || !Array.isArray(found) || before === undefined) return;
        // The resolver turns them at each call, for those who take the first.
        const now = [...new Set(found.map(({ address }) => address))].toSorted((left, right) => left.localeCompare(right));
        if (now.join(' ') === before.join(' ')) return;
        this.#addresses.set(name, now);
        this.#options.changed();
      });
    });
  }
}
