/**
 * The cache of one route: what to do with each request. A hit is answered at once, from memory, and allocates next to nothing. What is stale is served while somebody fetches, where the reply
 * allows it; else one request fetches for all that ask for the same, over all workers, and the rest of the pipeline acts on that fetch (`fetch.ts`).
 *
 * Past the cache goes what it cannot answer: methods but GET and HEAD, requests with content ("fat GET": content is in no key), upgrades, cookies that are not in the key, conditions that only the
 * service can judge, ranges of what is not there. A range is not made a fetch of the whole: that would let one small request pull in any amount.
 */
import { NO_FIELDS } from '../../core/caching/http/fields.ts';
import { ageLine } from '../../core/caching/http/stored-head.ts';
import { currentAge, judge, mayServeOnError, type Verdict } from '../../core/caching/http/reuse.ts';
import type { MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import type { Timestamp } from '../../base/time.ts';
import { ANSWERED, type FilterContext, type FilterVerdict, type RequestPass } from '../filters/filter.ts';
import type { CacheKeys } from './cache-key.ts';
import type { CacheRules } from './cache-rules.ts';
import type { CacheStore } from './cache-store.ts';
import { EntryFinder } from './entry-finder.ts';
import { sendEntry } from './entry-reply.ts';
import { EntryView, REPLY } from './entry-view.ts';
import { GoingBy } from './going-by.ts';
import { HitRenderer } from './hit-renderer.ts';
import { Misses, type MissOwner } from './misses.ts';
import type { PrefetchStage } from './prefetch-stage.ts';
import { hasOnlyCookies } from './origin-request.ts';
import { HAS_CONDITION, HAS_CONTROL, HAS_COOKIE, HAS_ORIGIN_CONDITION, HAS_RANGE, requestFacts } from './request-facts.ts';
import type { Settlement } from './running-fetch.ts';
import type { Shield } from './shield.ts';
import type { Waiter } from './waiter.ts';

/** Stands for "there are variants, and none fits". */
const OTHER_VARIANTS = new EntryView();
OTHER_VARIANTS.kind = 'vary';

export class CacheStage implements PrefetchStage, MissOwner {
  private readonly context: FilterContext;
  readonly store: CacheStore;
  private readonly rules: CacheRules;
  private readonly finder: EntryFinder;
  private readonly hits: HitRenderer;
  private readonly misses: Misses;
  private readonly goingBy: GoingBy;
  private readonly view = new EntryView();
  private readonly collapsedLine: string;

  /** @param shield By way of which node what is missing is fetched; null: from the service. */
  constructor(context: FilterContext, store: CacheStore, rules: CacheRules, keys: CacheKeys, shield: Shield | null = null) {
    this.context = context;
    this.store = store;
    this.rules = rules;
    this.finder = new EntryFinder(store, keys);
    this.hits = new HitRenderer(rules, store.ready);
    this.goingBy = new GoingBy(context.worker, store, rules, keys);
    this.misses = new Misses({ owner: this, context, store, rules, finder: this.finder, goingBy: this.goingBy, shield });
    this.collapsedLine = rules.statusLine({ forward: 'uri-miss', isCollapsed: true });
  }

  onRequest(pass: RequestPass): FilterVerdict {
    const { view, exchange } = pass;
    const { parser } = view;
    const { method } = parser;
    if (method !== 'GET' && method !== 'HEAD') return this.goingBy.method(pass);
    if (parser.bodyKind !== 'none' || parser.upgrade !== null || exchange.isGrpc) return this.goingBy.bypass(pass);
    const facts = requestFacts(view);
    if ((facts & HAS_ORIGIN_CONDITION) !== 0) return this.goingBy.bypass(pass);
    if ((facts & HAS_COOKIE) !== 0 && this.rules.plan.cookies === 'bypass' && !this.hasKnownCookies(pass)) return this.goingBy.bypass(pass);
    return this.look(pass, facts, null);
  }

  look(pass: RequestPass, facts: number, waiter: Waiter | null): FilterVerdict {
    const { finder, goingBy } = this;
    const found = finder.find(pass);
    if (found === null) return goingBy.bypass(pass);
    const { entry, mark } = found;
    const now = this.context.worker.clock.wall();
    const stored = entry !== null ? this.view.of(entry) : mark === null ? null : OTHER_VARIANTS;
    const asks = (facts & HAS_CONTROL) === 0 ? NO_FIELDS : finder.fieldsOf(pass);
    const verdict = judge(stored, asks, now, this.rules.reuse);
    switch (verdict.kind) {
      case 'fresh':
      case 'stale':
        return this.serve(pass, facts, waiter, entry!, verdict, now);
      case 'stale-while-revalidate': // RFC 5861 §3: the client does not wait for the fetch that its request sets off
        return this.misses.refetch(pass, facts, found, () => this.serve(pass, facts, waiter, entry!, verdict, now));
      case 'revalidate':
      case 'miss':
        return this.misses.fetch(pass, facts, waiter, found, verdict);
      case 'pass':
        entry?.release();
        return goingBy.pass(pass, verdict);
      case 'unavailable':
        entry?.release();
        pass.exchange.addReplyEdits(this.rules.passingEdits({ detail: verdict.detail }));
        return pass.answer({ status: 504 });
    }
  }

  prefetch(pass: RequestPass, forMs: number): FilterVerdict {
    const found = this.finder.find(pass);
    const entry = found?.entry ?? null;
    const isKept = entry !== null && (entry.kind !== REPLY || this.isFreshFor(entry, forMs));
    if (found !== null && !isKept) return this.misses.prefetch(pass, found);
    entry?.release();
    return ANSWERED;
  }

  private isFreshFor(entry: MemoryEntry, forMs: number): boolean {
    const now = this.context.worker.clock.wall();
    const stored = this.view.of(entry);
    return (
      !entry.isStale &&
      judge(stored, NO_FIELDS, now, this.rules.reuse).kind === 'fresh' &&
      stored.freshForMs - currentAge(stored, now) > forMs
    );
  }

  /** After a wait. */
  goOn(waiter: Waiter, how: Settlement): void {
    const { pass } = waiter;
    let verdict: FilterVerdict;
    try {
      verdict = this.after(waiter, how);
    } catch (error) {
      return pass.fail(error);
    }
    pass.resume(verdict);
  }

  private after(waiter: Waiter, how: Settlement): FilterVerdict {
    const { pass } = waiter;
    const { exchange } = pass;
    switch (how.kind) {
      case 'look':
        return this.look(pass, waiter.facts, waiter);
      case 'alone':
        return this.goingBy.alone(pass);
      case 'stale':
        return this.stale(waiter);
      case 'answer':
        exchange.cached = 'collapsed';
        exchange.outcome = how.outcome;
        exchange.addReplyEdits({ drops: '', lines: this.collapsedLine });
        return pass.answer(how.answer);
    }
  }

  /** Answers with an entry. */
  // oxlint-disable-next-line max-params -- an options object would be an allocation per request
  private serve(
    pass: RequestPass,
    facts: number,
    waiter: Waiter | null,
    entry: MemoryEntry,
    verdict: Verdict,
    now: Timestamp,
  ): FilterVerdict {
    const { exchange } = pass;
    const { view, rules } = this;
    if (
      waiter === null &&
      verdict.kind === 'fresh' &&
      !rules.isForPeers &&
      (facts & (HAS_RANGE | HAS_CONDITION)) === 0 &&
      entry.state === 'whole'
    ) {
      exchange.cached = 'hit-memory';
      if (this.hits.answer(exchange, pass.listener, entry, view, now)) {
        entry.release();
        return ANSWERED;
      }
    }
    const tier = waiter === null || waiter.tier === 'nowhere' ? null : waiter.tier;
    const isCollapsed = tier === null && (waiter !== null || entry.state !== 'whole');
    const hit = verdict.kind === 'stale-while-revalidate' ? verdict.kind : (`hit-${tier ?? 'memory'}` as const);
    exchange.cached = isCollapsed ? 'collapsed' : hit;
    const detail = verdict.detail === '' ? (tier ?? 'memory') : verdict.detail;
    const lines = isCollapsed ? ageLine(currentAge(view, now)) + this.collapsedLine : rules.agedLines(view, now, detail);
    this.send(pass, facts, entry, lines);
    return ANSWERED;
  }

  private send(pass: RequestPass, facts: number, entry: MemoryEntry, lines: string): void {
    const { random } = this.context.worker;
    const asked = (facts & (HAS_RANGE | HAS_CONDITION)) === 0 ? null : this.finder.fieldsOf(pass);
    sendEntry(this.store, { exchange: pass.exchange, entry, asked, fields: null, lines: lines + this.rules.tagLine(entry.head), random });
  }

  /** The service fails, and what is kept may stand in (RFC 5861 §4). */
  private stale(waiter: Waiter): FilterVerdict {
    const { pass, facts } = waiter;
    const entry = this.finder.find(pass)?.entry ?? null;
    const now = this.context.worker.clock.wall();
    if (entry === null || entry.kind !== REPLY || !mayServeOnError(this.view.of(entry), now, 'network')) {
      entry?.release();
      return this.goingBy.alone(pass);
    }
    pass.exchange.cached = 'stale-if-error';
    this.send(pass, facts, entry, this.rules.agedLines(this.view, now, 'stale-if-error'));
    return ANSWERED;
  }

  /** Every cookie is in the key, or our own for affinity, which the reply does not depend on. */
  private hasKnownCookies({ view, exchange }: RequestPass): boolean {
    const { cookies } = this.rules.plan.key;
    const affinity = exchange.service?.plan.affinity ?? null;
    const own = affinity !== null && affinity.kind === 'cookie' ? affinity.name : null;
    if (cookies.length === 0 && own === null) return false;
    return hasOnlyCookies(own === null ? cookies : [...cookies, own], view.header('cookie') ?? '');
  }
}
