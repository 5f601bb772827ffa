/**
 * Tokens that were taken back: keys of a store that nodes share. Each worker remembers an answer for `cacheMs`, so that a token that is used all the time costs one question in that time; a
 * question is bounded by the store's own command timeout, and fails at once while there is no connection.
 */
import type { JwtRevocationPlan } from '../../config/filters/jwt-plan.ts';
import type { Clock } from '../../base/time.ts';
import { RecentMap } from '../credentials/recent-map.ts';
import type { SharedPart } from '../filters/shared-parts.ts';

/** `unknown`: the store does not say, and requests do not pass without it. */
export type Standing = 'good' | 'revoked' | 'unknown';

/** What is asked of a store. `ValkeyClient` is one. */
export interface RevocationStore {
  command(words: readonly string[]): Promise<unknown>;
  close(): void;
}

const ANSWERS_MAX = 16_384;
const CHARACTERS_MAX = 2 * 1024 * 1024;
/** Longer claims are no ids. */
const ID_MAX = 512;
const ASKED_MAX = 1_024;

export class Revocation implements SharedPart {
  private readonly store: RevocationStore;
  private readonly plan: JwtRevocationPlan;
  private readonly prefix: string;
  private readonly clock: Clock;
  private readonly answers = new RecentMap<{ readonly standing: Standing; readonly untilMs: number }>(ANSWERS_MAX, CHARACTERS_MAX);
  private readonly asked = new Map<string, Promise<Standing>>();

  /** @param prefix The store's own. */
  constructor(store: RevocationStore, plan: JwtRevocationPlan, prefix: string, clock: Clock) {
    this.store = store;
    this.plan = plan;
    this.prefix = prefix + plan.prefix;
    this.clock = clock;
  }

  /** How a token with these claims stands. A token that cannot be named cannot be taken back: it is as if it were. */
  of(claims: Readonly<Record<string, unknown>>): Standing | Promise<Standing> {
    const id = claims[this.plan.by];
    if (typeof id !== 'string' || id === '' || id.length > ID_MAX) return 'revoked';
    const answer = this.answers.get(id);
    if (answer !== undefined && this.clock.now() < answer.untilMs) return answer.standing;
    const waiting = this.asked.get(id);
    if (waiting !== undefined) return waiting;
    if (this.asked.size >= ASKED_MAX) return this.without;
    const asked = this.ask(id).finally(() => this.asked.delete(id));
    this.asked.set(id, asked);
    return asked;
  }

  close(): void {
    this.store.close();
  }

  private async ask(id: string): Promise<Standing> {
    try {
      const standing = Number(await this.store.command(['EXISTS', this.prefix + id])) > 0 ? 'revoked' : 'good';
      if (this.plan.cacheMs > 0) this.answers.set(id, { standing, untilMs: this.clock.now() + this.plan.cacheMs });
      return standing;
    } catch {
      return this.without; // the store's connection tells of its troubles itself
    }
  }

  private get without(): Standing {
    return this.plan.without === 'open' ? 'good' : 'unknown';
  }
}
