/** Customers: each asks for one page after the other and counts who served it. */
import { Agent, get } from 'node:http';

/** What the customers saw. */
export interface Sales {
  /** Replies by instance (`users.2`), since the last `reset`. */
  readonly served: Map<string, number>;
  /** Everything that was not a 200, in words. */
  readonly failures: string[];
  total: number;
}

/** All over the shop, one page after the other. */
const PAGES = ['users', 'orders', 'payments', 'products'].flatMap((service) => [1, 2, 3, 4, 5].map((id) => `/api/${service}/${id}`));
/** What everybody looks for when there is a sale. */
export const SEARCHES = ['lamp', 'desk', 'mug'].map((what) => `/api/products/search/${what}`);

export class Customers {
  readonly sales: Sales = { served: new Map(), failures: [], total: 0 };
  readonly #agent: Agent;
  readonly #loops: Promise<void>[];
  readonly #closing = new AbortController();

  /** So many begin at once, each at another of the pages. */
  constructor(url: string, customers: number, pages: readonly string[] = PAGES) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: customers });
    this.#loops = Array.from({ length: customers }, (_, customer) => this.#shop(url, pages, customer * 7));
  }

  /** Forgets who served what; failures and the total stay. */
  reset(): void {
    this.sales.served.clear();
  }

  /** Nobody comes any more; resolves when the last one is served. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#loops);
    this.#agent.destroy();
  }

  async #shop(url: string, pages: readonly string[], first: number): Promise<void> {
    for (let visit = first; !this.#closing.signal.aborted; visit++) {
      const path = pages[visit % pages.length]!;
      try {
        const { status, instance } = await this.#ask(`${url}${path}`);
        if (status !== 200) this.sales.failures.push(`${path}: status ${status}`);
        else this.sales.served.set(instance, (this.sales.served.get(instance) ?? 0) + 1);
      } catch (error) {
        this.sales.failures.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
      }
      this.sales.total++;
      // People think between two pages; and the show is no benchmark.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #ask(url: string): Promise<{ status: number; instance: string }> {
    return new Promise((resolve, reject) => {
      const request = get(url, { agent: this.#agent, timeout: 5_000 }, (reply) => {
        reply.resume();
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, instance: String(reply.headers['x-served-by'] ?? '?') }));
        reply.on('error', reject);
      });
      request.on('timeout', () => request.destroy(new Error('no reply within 5 s')));
      request.on('error', reject);
    });
  }
}
