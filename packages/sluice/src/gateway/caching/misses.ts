/**
 * What the cache does not have, or may not use as it is: one request fetches for all that ask for the same, over all workers; the others wait for what comes of it, but no longer than the route says.
 * Who shows who they are neither waits nor is waited for: their reply is most likely theirs alone.
 */
import { validationLines } from '../../core/caching/http/conditional.ts';
import { TextFields } from '../../core/caching/http/fields.ts';
import type { Verdict } from '../../core/caching/http/reuse.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { joinEdits } from '../exchange/header-edits.ts';
import { ANSWERED, type FilterContext, type FilterVerdict, PASS, type RequestPass, WAIT } from '../filters/filter.ts';
import type { CacheRules } from './cache-rules.ts';
import type { CacheStore } from './cache-store.ts';
import type { EntryFinder, Found } from './entry-finder.ts';
import { fieldsOf, REPLY } from './entry-view.ts';
import { Fetch, type FetchInit } from './fetch.ts';
import { FetchLeader } from './fetch-leader.ts';
import type { GoingBy } from './going-by.ts';
import { originEdits, SentFields } from './origin-request.ts';
import { HAS_AUTHORIZATION, HAS_CONDITION, HAS_RANGE, requestText } from './request-facts.ts';
import type { RunningFetch } from './running-fetch.ts';
import { nodeEdits, type Shield } from './shield.ts';
import { Waiter, type WaiterOwner } from './waiter.ts';

/** Who looks at the cache, and has those go on who waited. `cache-stage.ts` is it. */
export interface MissOwner extends WaiterOwner {
  look(pass: RequestPass, facts: number, waiter: Waiter | null): FilterVerdict;
}

export interface MissesInit {
  readonly owner: MissOwner;
  readonly context: FilterContext;
  readonly store: CacheStore;
  readonly rules: CacheRules;
  readonly finder: EntryFinder;
  readonly goingBy: GoingBy;
  /** Null: the service is asked for everything. */
  readonly shield: Shield | null;
}

/** How a fetch begins. */
interface Beginning {
  /** The request's field lines. */
  readonly text: string;
  readonly reason: FetchInit['reason'];
  readonly unclaim: () => void;
  /** Its client waits for it. */
  readonly hasLeader: boolean;
}

export class Misses {
  private readonly init: MissesInit;

  constructor(init: MissesInit) {
    this.init = init;
  }

  /** Has it fetched: by this request, or by one that does so already. */
  fetch(pass: RequestPass, facts: number, waiter: Waiter | null, found: Found, verdict: Verdict): FilterVerdict {
    const { store, finder, goingBy, owner } = this.init;
    const { exchange } = pass;
    const { entry, key } = found;
    if (exchange.isHead || ((facts & HAS_RANGE) !== 0 && entry?.kind !== REPLY)) {
      entry?.release();
      return exchange.isHead ? goingBy.head(pass, found, verdict, isPersonal(exchange, facts)) : goingBy.range(pass);
    }
    const running = store.fetches.get(key);
    if (running?.isUndecided === true) return this.wait(pass, facts, waiter, found, running);
    const claim = store.memory.claim(key);
    if (!claim.isLeader) return this.wait(pass, facts, waiter, found, claim.whenDone);
    if (finder.hasChanged(found)) {
      claim.done();
      entry?.release();
      return owner.look(pass, facts, waiter);
    }
    if (store.tiers.length > 0 && entry === null && waiter?.tier !== 'nowhere') return this.askTiers(pass, facts, waiter, key, claim.done);
    const reason = verdict.forward === 'bypass' || verdict.forward === null ? 'miss' : verdict.forward;
    return this.begin(pass, facts, found, { text: requestText(pass.view), reason, unclaim: claim.done, hasLeader: true });
  }

  /** Fetches what `found` has anew, for nobody in particular: its client has its answer when this returns. @returns PASS where a fetch has taken the place of its exchange. */
  refetch(pass: RequestPass, facts: number, found: Found, answer: () => FilterVerdict): FilterVerdict {
    const { store } = this.init;
    const isNews = !pass.exchange.isHead && store.fetches.get(found.key) === undefined;
    const claim = isNews ? store.memory.claim(found.key) : null;
    if (claim === null || !claim.isLeader) return answer();
    found.entry!.retain();
    const text = requestText(pass.view);
    answer();
    return this.begin(pass, facts, found, { text, reason: 'stale', unclaim: claim.done, hasLeader: false });
  }

  /** Fetches for nobody, if nobody does. @returns PASS where a fetch has taken the place of the exchange. */
  prefetch(pass: RequestPass, found: Found): FilterVerdict {
    const { store, finder } = this.init;
    const { key, entry } = found;
    const claim = store.fetches.get(key) === undefined ? store.memory.claim(key) : null;
    if (claim === null || !claim.isLeader || finder.hasChanged(found)) {
      if (claim?.isLeader === true) claim.done();
      entry?.release();
      return ANSWERED;
    }
    const reason = entry === null ? 'uri-miss' : 'stale';
    return this.begin(pass, 0, found, { text: requestText(pass.view), reason, unclaim: claim.done, hasLeader: false });
  }

  /** Waits for somebody else's fetch, if that is worth it and there is time left. */
  private wait(pass: RequestPass, facts: number, before: Waiter | null, found: Found, on: RunningFetch | Promise<void>): FilterVerdict {
    const { rules, goingBy } = this.init;
    found.entry?.release();
    if (isPersonal(pass.exchange, facts) || rules.plan.collapseMs === 0 || before?.isLate === true) return goingBy.alone(pass);
    const waiter = before ?? this.waiterOf(pass, facts);
    if (on instanceof Promise) waiter.waitUntil(on);
    else waiter.waitFor(on);
    return WAIT;
  }

  /** Looks behind memory, for all that wait for this key, and then at memory again. */
  private askTiers(pass: RequestPass, facts: number, before: Waiter | null, key: string, unclaim: () => void): typeof WAIT {
    const waiter = before ?? this.waiterOf(pass, facts);
    const asked = this.init.store.fetchFromTiers(key).then((detail) => {
      waiter.tier = detail ?? 'nowhere';
    });
    waiter.waitUntil(asked.finally(unclaim));
    return WAIT;
  }

  /** Puts a fetch in the place of the client's exchange. */
  private begin(pass: RequestPass, facts: number, { key, primary, mark, entry }: Found, how: Beginning): typeof PASS {
    const { rules, store, finder, context, shield } = this.init;
    const asked = pass.exchange;
    const selecting = mark?.names ?? [];
    const stale = entry?.kind === REPLY ? entry : null;
    if (stale === null) entry?.release();
    let edits = originEdits(rules, pass.view, asked.trace !== null, selecting);
    if (stale !== null) edits = joinEdits(edits, { drops: '', lines: validationLines(new TextFields(fieldsOf(stale.head))) });
    if (rules.plan.shield !== null) edits = joinEdits(edits, nodeEdits(pass, rules.plan.shield));
    const leg = shield === null || isPersonal(asked, facts) ? null : shield.legFor(pass, primary, edits);
    pass.edit(edits);
    const sent = new SentFields(how.text, rules, selecting);
    const ownTag = rules.isWide ? finder.keys.tagOf(finder.keys.uriOf(pass), asked.service) : null;
    const conditions = (facts & (HAS_RANGE | HAS_CONDITION)) === 0 ? null : new TextFields(how.text);
    const fetch = new Fetch(
      {
        worker: context.worker,
        store,
        rules,
        place: { key, primary, mark, sent, ownTag, since: store.memory.purgeClock },
        requestText: how.text,
        isPersonal: isPersonal(asked, facts),
        reason: how.reason,
        stale,
        unclaim: how.unclaim,
        peer: leg,
      },
      asked,
      how.hasLeader ? new FetchLeader(asked, conditions) : null,
    );
    if (how.hasLeader) this.bound(pass);
    pass.exchange = fetch.exchange;
    return PASS;
  }

  private waiterOf(pass: RequestPass, facts: number): Waiter {
    const { owner, rules, context } = this.init;
    pass.hold();
    this.bound(pass);
    return new Waiter(owner, pass, facts, context.worker.clock.now() + rules.plan.collapseMs);
  }

  /** The route's bound on an exchange holds for one that waits here, too. */
  private bound({ exchange, requester }: RequestPass): void {
    const { exchangeMs } = this.init.context.route.timeouts;
    if (exchangeMs <= 0) return;
    exchange.exchangeDeadline = exchange.startedAt + exchangeMs;
    requester.deadline = exchange.exchangeDeadline;
  }
}

/** It was proved who asks, or is about to be. */
function isPersonal({ user, claims }: Exchange, facts: number): boolean {
  return (facts & HAS_AUTHORIZATION) !== 0 || user !== '' || claims !== null;
}
