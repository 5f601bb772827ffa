/**
 * Addresses of endpoints that are named, for the kernel, which knows no names. Looks every second at what the resolver has, which itself asks again only
 * when records expire; while a name server is gone, the last addresses stay.
 */
import type { LookupFunction } from 'node:net';
import type { Cancel, Runtime } from '../../base/runtime.ts';

export interface EndpointNamesOptions {
  readonly runtime: Runtime;
  readonly lookup: LookupFunction;
  /** A name has other addresses. */
  readonly changed: () => void;
}

const LOOK_EVERY_MS = 1_000;
/** A start waits no longer than this for the first answers. */
const FIRST_ANSWER_MS = 2_000;

export class EndpointNames {
  readonly #options: EndpointNamesOptions;
  readonly #addresses = new Map<string, readonly string[]>();
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
    this.#looking ??= this.#options.runtime.timers.every(LOOK_EVERY_MS, () => void this.#look());
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.runtime.timers.after(FIRST_ANSWER_MS, resolve);
    await Promise.race([promise, Promise.all(fresh.map((name) => this.#resolve(name)))]);
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

  async #look(): Promise<void> {
    const changes = await Promise.all(Array.from(this.#addresses.keys(), (name) => this.#resolve(name)));
    if (this.#looking !== null && changes.includes(true)) this.#options.changed();
  }

  /** @returns Whether the addresses are others than before. */
  #resolve(name: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#options.lookup(name, { all: true }, (error, found) => {
        const before = this.#addresses.get(name);
        if (error !== null || !Array.isArray(found) || before === undefined) return resolve(false);
        // The resolver turns them at each call, for those who take the first.
        const now = [...new Set(found.map(({ address }) => address))].sort();
        this.#addresses.set(name, now);
        resolve(now.join(' ') !== before.join(' '));
      });
    });
  }
}
