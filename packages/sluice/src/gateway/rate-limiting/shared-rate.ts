/**
 * A rate that all nodes keep together through a store: each worker leases permits ahead and spends them without asking (`core/rate-limiting/lease.ts`), so no request waits for the store.
 * What a turn of the event loop has to ask goes out at its end, in one round trip. Until a worker's connection is there, it does as without the store.
 */
import { createHash } from 'node:crypto';
import type { Clock, Instant } from '../../base/time.ts';
import { GCRA_LEASE, gcraLeaseValues, readLeaseAnswer } from '../../clients/valkey/scripts.ts';
import { readValkeyAddress } from '../../clients/valkey/valkey-address.ts';
import type { ValkeyClient } from '../../clients/valkey/valkey-client.ts';
import type { RateDecision } from '../../core/rate-limiting/decision.ts';
import type { HashSecret } from '../../core/rate-limiting/half-sip-hash.ts';
import { type LeaseAsk, LeaseBook } from '../../core/rate-limiting/lease-book.ts';
import type { LeaseRule } from '../../core/rate-limiting/lease.ts';
import type { KeyHash } from '../../core/rate-limiting/limit-table.ts';

export interface SharedRateOptions {
  readonly client: ValkeyClient;
  readonly rule: LeaseRule;
  /** Of its keys in the store. */
  readonly prefix: string;
  readonly clock: Clock;
  /** Runs something at the end of this turn. */
  readonly later: (task: () => void) => void;
}

export class SharedRate {
  readonly #options: SharedRateOptions;
  readonly #book: LeaseBook;
  readonly #flush = (): void => this.#send();
  #isFlushing = false;

  constructor(options: SharedRateOptions) {
    this.#options = options;
    this.#book = new LeaseBook(options.rule, options.prefix);
  }

  take(key: KeyHash, cost: number, now: Instant): RateDecision {
    const decision = this.#book.spend(key, cost, now);
    this.#schedule();
    return decision;
  }

  #schedule(): void {
    if (this.#isFlushing || !this.#book.hasAsks) return;
    this.#isFlushing = true;
    this.#options.later(this.#flush);
  }

  #send(): void {
    this.#isFlushing = false;
    for (const ask of this.#book.takeAsks()) void this.#ask(ask);
  }

  async #ask(ask: LeaseAsk): Promise<void> {
    const { client, rule, clock } = this.#options;
    try {
      const reply = await client.run(GCRA_LEASE, [ask.lease.storeKey], gcraLeaseValues(rule, ask.want, ask.debt));
      this.#book.answered(ask, readLeaseAnswer(reply), clock.now());
    } catch {
      this.#book.failed(ask, clock.now()); // the client has said what is wrong with the store
    }
    this.#schedule();
  }
}

/**
 * What keys in a store are hashed with: the same on all nodes, however each of them reaches the store, because it comes from the store's password alone. Where there is none anybody can work out
 * a value that counts as another's, which is one more reason to have one.
 */
export function storeSecret(url: string): HashSecret {
  const digest = createHash('sha256')
    .update(`sluice rate limits\n${readValkeyAddress(url).password ?? ''}`)
    .digest();
  return { k0: digest.readInt32LE(0), k1: digest.readInt32LE(4) };
}
