/**
 * The cache of one route: what to do with each request. A hit is answered at once, from memory, and allocates next to nothing. What is stale is served while somebody fetches, where the reply
 * allows it; else one request fetches for all that ask for the same, over all workers, and the rest of the pipeline acts on that fetch (`fetch.ts`).
 *
 * Past the cache goes what it cannot answer: methods but GET and HEAD, requests with content ("fat GET": content is in no key), upgrades, cookies that are not in the key, conditions that only the
 * service can judge, ranges of what is not there. A range is not made a fetch of the whole: that would let one small request pull in any amount.
 */
import { isUnsafe } from '../../core/caching/http/invalidation.ts';
import { NO_FIELDS, TextFields } from '../../core/caching/http/fields.ts';
import { validationLines } from '../../core/caching/http/conditional.ts';
import { ageLine } from '../../core/caching/http/stored-head.ts';
import { currentAge, judge, mayServeOnError, type Verdict } from '../../core/caching/http/reuse.ts';
import type { MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import type { Timestamp } from '../../base/time.ts';
import type { CompiledEdits } from '../exchange/header-edits.ts';
import { ANSWERED, type FilterContext, type FilterVerdict, PASS, type RequestPass, type Stage, WAIT } from '../filters/filter.ts';
import { CacheKeys } from './cache-key.ts';
import type { CacheRules } from './cache-rules.ts';
import type { CacheStore } from './cache-store.ts';
import { sendEntry } from './entry-reply.ts';
import { EntryView, fieldsOf, REPLY, VARY } from './entry-view.ts';
import { Fetch, type FetchInit } from './fetch.ts';
import { FetchLeader } from './fetch-leader.ts';
import { HeadClient } from './head-client.ts';
import { HitRenderer } from './hit-renderer.ts';
import { InvalidatingClient } from './invalidation.ts';
import { hasOnlyCookies, originEdits, SentFields } from './origin-request.ts';
import {
  HAS_AUTHORIZATION,
  HAS_CONDITION,
  HAS_CONTROL,
  HAS_COOKIE,
  HAS_ORIGIN_CONDITION,
  HAS_RANGE,
  requestFacts,
  RequestFields,
  requestText,
} from './request-facts.ts';
import type { RunningFetch, Settlement } from './running-fetch.ts';
import { readMark, type VaryMark, variantOf } from './vary-mark.ts';
import { Waiter, type WaiterOwner } from './waiter.ts';

/** Of a key, in characters: the store's bound, with room for what tells variants apart. */
const KEY_LENGTH_MAX = 12_000;
const STORE_KEY_LENGTH_MAX = 16_384;

/** What was found for a request. */
interface Found {
  readonly key: string;
  readonly primary: string;
  readonly mark: VaryMark | null;
  /** Pinned. */
  readonly entry: MemoryEntry | null;
}

/** Stands for "there are variants, and none fits". */
const OTHER_VARIANTS = new EntryView();
OTHER_VARIANTS.kind = 'vary';

export class CacheStage implements Stage, WaiterOwner {
  private readonly context: FilterContext;
  private readonly store: CacheStore;
  private readonly rules: CacheRules;
  private readonly keys: CacheKeys;
  private readonly hits: HitRenderer;
  private readonly fields = new RequestFields();
  private readonly view = new EntryView();
  private readonly methodEdits: CompiledEdits;
  private readonly bypassEdits: CompiledEdits;
  private readonly rangeEdits: CompiledEdits;
  private readonly aloneEdits: CompiledEdits;
  private readonly passEdits: CompiledEdits;
  private readonly requestEdits: CompiledEdits;
  private readonly collapsedLine: string;

  constructor(context: FilterContext, store: CacheStore, rules: CacheRules) {
    this.context = context;
    this.store = store;
    this.rules = rules;
    this.keys = new CacheKeys(rules, context.route.name);
    this.hits = new HitRenderer(rules);
    this.methodEdits = rules.passingEdits({ forward: 'method' });
    this.bypassEdits = rules.passingEdits({ forward: 'bypass' });
    this.rangeEdits = rules.passingEdits({ forward: 'uri-miss', detail: 'range' });
    this.aloneEdits = rules.passingEdits({ forward: 'miss', detail: 'not-collapsed' });
    this.passEdits = rules.passingEdits({ forward: 'miss', detail: 'hit-for-miss' });
    this.requestEdits = rules.passingEdits({ forward: 'request', detail: 'no-store' });
    this.collapsedLine = rules.statusLine({ forward: 'uri-miss', isCollapsed: true });
  }

  onRequest(pass: RequestPass): FilterVerdict {
    const { view, exchange } = pass;
    const { parser } = view;
    const { method } = parser;
    if (method !== 'GET' && method !== 'HEAD') return this.otherMethod(pass);
    if (parser.bodyKind !== 'none' || parser.upgrade !== null || exchange.isGrpc) return this.bypass(pass);
    const facts = requestFacts(view);
    if ((facts & HAS_ORIGIN_CONDITION) !== 0) return this.bypass(pass);
    if ((facts & HAS_COOKIE) !== 0 && this.rules.plan.cookies === 'bypass' && !this.hasKnownCookies(pass)) return this.bypass(pass);
    return this.look(pass, facts, null);
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
        return this.alone(pass);
      case 'stale':
        return this.stale(waiter);
      case 'answer':
        exchange.cached = 'collapsed';
        exchange.outcome = how.outcome;
        exchange.addReplyEdits({ drops: '', lines: this.collapsedLine });
        return pass.answer(how.answer);
    }
  }

  // ---- what is there

  private look(pass: RequestPass, facts: number, waiter: Waiter | null): FilterVerdict {
    const found = this.find(pass);
    if (found === null) return this.bypass(pass);
    const { entry, mark } = found;
    const now = this.context.worker.clock.wall();
    const stored = entry !== null ? this.view.of(entry) : mark === null ? null : OTHER_VARIANTS;
    const asks = (facts & HAS_CONTROL) === 0 ? NO_FIELDS : this.fields;
    const verdict = judge(stored, asks, now, this.rules.reuse);
    switch (verdict.kind) {
      case 'fresh':
      case 'stale':
        return this.serve(pass, facts, waiter, entry!, verdict, now);
      case 'stale-while-revalidate':
        return this.serveAndRevalidate(pass, facts, waiter, found, verdict, now);
      case 'revalidate':
      case 'miss':
        return this.fetch(pass, facts, waiter, found, verdict);
      case 'pass':
        entry?.release();
        return this.passBy(pass, verdict);
      case 'unavailable':
        entry?.release();
        pass.exchange.addReplyEdits(this.rules.passingEdits({ detail: verdict.detail }));
        return pass.answer({ status: 504 });
    }
  }

  /** Null: the key is longer than the store takes. */
  private find(pass: RequestPass): Found | null {
    const { memory } = this.store;
    const { fields } = this;
    fields.view = pass.view;
    const primary = this.keys.of(pass, fields);
    if (primary.length > KEY_LENGTH_MAX) return null;
    const entry = memory.find(primary);
    if (entry === null || entry.kind !== VARY) return { key: primary, primary, mark: null, entry };
    const mark = readMark(entry.head);
    entry.release();
    const key = variantOf(primary, mark, fields);
    if (key.length > STORE_KEY_LENGTH_MAX) return null;
    return { key, primary, mark, entry: memory.find(key) };
  }

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
    const tier = waiter === null || waiter.tier === 'nowhere' ? null : waiter.tier;
    const isCollapsed = tier === null && (waiter !== null || entry.state !== 'whole');
    exchange.cached = isCollapsed
      ? 'collapsed'
      : verdict.kind === 'stale-while-revalidate'
        ? 'stale-while-revalidate'
        : `hit-${tier ?? 'memory'}`;
    const isPlain = (facts & (HAS_RANGE | HAS_CONDITION)) === 0 && verdict.kind === 'fresh' && !isCollapsed && tier === null;
    if (isPlain && this.hits.answer(exchange, pass.listener, entry, view, now)) {
      entry.release();
      return ANSWERED;
    }
    const detail = verdict.detail === '' ? (tier ?? 'memory') : verdict.detail;
    const lines = isCollapsed ? ageLine(currentAge(view, now)) + this.collapsedLine : rules.agedLines(view, now, detail);
    this.send(pass, facts, entry, lines);
    return ANSWERED;
  }

  private send(pass: RequestPass, facts: number, entry: MemoryEntry, lines: string): void {
    const { random } = this.context.worker;
    this.fields.view = pass.view;
    const asked = (facts & (HAS_RANGE | HAS_CONDITION)) === 0 ? null : this.fields;
    sendEntry(this.store, { exchange: pass.exchange, entry, asked, fields: null, lines, random });
  }

  /** RFC 5861 §3: the client does not wait for the fetch that its request sets off. */
  private serveAndRevalidate(
    pass: RequestPass,
    facts: number,
    waiter: Waiter | null,
    found: Found,
    verdict: Verdict,
    now: Timestamp,
  ): FilterVerdict {
    const entry = found.entry!;
    const asked = pass.exchange;
    const isNews = !asked.isHead && this.store.fetches.get(found.key) === undefined;
    const claim = isNews ? this.store.memory.claim(found.key) : null;
    if (claim === null || !claim.isLeader) return this.serve(pass, facts, waiter, entry, verdict, now);
    entry.retain();
    const text = requestText(pass.view);
    this.serve(pass, facts, waiter, entry, verdict, now);
    return this.begin(pass, facts, found, { text, reason: 'stale', unclaim: claim.done, hasLeader: false }, asked);
  }

  /** The service fails, and what is kept may stand in. */
  private stale(waiter: Waiter): FilterVerdict {
    const { pass, facts } = waiter;
    const found = this.find(pass);
    const entry = found?.entry ?? null;
    const now = this.context.worker.clock.wall();
    if (entry === null || entry.kind !== REPLY || !mayServeOnError(this.view.of(entry), now, 'network')) {
      entry?.release();
      return this.alone(pass);
    }
    pass.exchange.cached = 'stale-if-error';
    this.send(pass, facts, entry, this.rules.agedLines(this.view, now, 'stale-if-error'));
    return ANSWERED;
  }

  // ---- what is not

  private fetch(pass: RequestPass, facts: number, waiter: Waiter | null, found: Found, verdict: Verdict): FilterVerdict {
    const { store, rules } = this;
    const { exchange } = pass;
    const { entry, key } = found;
    if (exchange.isHead) return this.passHead(pass, found, verdict);
    if ((facts & HAS_RANGE) !== 0 && (entry === null || entry.kind !== REPLY)) {
      entry?.release();
      return this.goBy(pass, this.rangeEdits, 'miss');
    }
    const isPersonal = (facts & HAS_AUTHORIZATION) !== 0 || exchange.user !== '' || exchange.claims !== null;
    const waits = !isPersonal && rules.plan.collapseMs > 0 && waiter?.isLate !== true;
    const running = store.fetches.get(key);
    if (running?.isUndecided === true) {
      entry?.release();
      return waits ? this.wait(pass, facts, waiter, running) : this.alone(pass);
    }
    const claim = store.memory.claim(key);
    if (!claim.isLeader) {
      entry?.release();
      return waits ? this.wait(pass, facts, waiter, claim.whenDone) : this.alone(pass);
    }
    if (this.hasChanged(found)) {
      claim.done();
      entry?.release();
      return this.look(pass, facts, waiter);
    }
    if (store.tiers.length > 0 && entry === null && waiter?.tier !== 'nowhere') return this.askTiers(pass, facts, waiter, key, claim.done);
    const reason = verdict.forward === 'bypass' || verdict.forward === null ? 'miss' : verdict.forward;
    return this.begin(pass, facts, found, { text: requestText(pass.view), reason, unclaim: claim.done, hasLeader: true }, exchange);
  }

  /** Looks behind memory, for all that wait for this key, and then at memory again. */
  private askTiers(pass: RequestPass, facts: number, before: Waiter | null, key: string, unclaim: () => void): typeof WAIT {
    const waiter = before ?? this.waiterOf(pass, facts);
    const asked = this.store.fetchFromTiers(key).then((detail) => {
      waiter.tier = detail ?? 'nowhere';
    });
    waiter.waitUntil(asked.finally(unclaim));
    return WAIT;
  }

  /** Whoever led before has just finished. */
  private hasChanged({ key, entry }: Found): boolean {
    const now = this.store.memory.peek(key);
    if (now === null) return false;
    const isSame = entry !== null && entry.slot === now.slot && entry.sequence === now.sequence;
    now.release();
    return !isSame;
  }

  /** Puts a fetch in the place of the client's exchange. */
  private begin(
    pass: RequestPass,
    facts: number,
    { key, primary, mark, entry }: Found,
    how: { readonly text: string; readonly reason: FetchInit['reason']; readonly unclaim: () => void; readonly hasLeader: boolean },
    asked: RequestPass['exchange'],
  ): typeof PASS {
    const { rules, store } = this;
    const { worker } = this.context;
    const selecting = mark?.names ?? [];
    const stale = entry !== null && entry.kind === REPLY ? entry : null;
    if (stale === null) entry?.release();
    pass.edit(originEdits(rules, pass.view, selecting));
    if (stale !== null) pass.edit({ drops: '', lines: validationLines(new TextFields(fieldsOf(stale.head))) });
    const fetch = new Fetch(
      {
        worker,
        store,
        rules,
        place: {
          key,
          primary,
          mark,
          sent: new SentFields(how.text, rules, selecting),
          ownTag: rules.isWide ? this.keys.tagOf(this.keys.uriOf(pass), asked.service) : null,
        },
        requestText: how.text,
        isPersonal: (facts & HAS_AUTHORIZATION) !== 0 || asked.user !== '' || asked.claims !== null,
        reason: how.reason,
        stale,
        unclaim: how.unclaim,
      },
      asked,
      how.hasLeader ? new FetchLeader(asked, (facts & (HAS_RANGE | HAS_CONDITION)) === 0 ? null : new TextFields(how.text)) : null,
    );
    if (how.hasLeader) this.bound(pass);
    pass.exchange = fetch.exchange;
    return PASS;
  }

  private wait(pass: RequestPass, facts: number, before: Waiter | null, on: RunningFetch | Promise<void>): typeof WAIT {
    const waiter = before ?? this.waiterOf(pass, facts);
    if (on instanceof Promise) waiter.waitUntil(on);
    else waiter.waitFor(on);
    return WAIT;
  }

  private waiterOf(pass: RequestPass, facts: number): Waiter {
    pass.hold();
    this.bound(pass);
    return new Waiter(this, pass, facts, this.context.worker.clock.now() + this.rules.plan.collapseMs);
  }

  /** The route's bound on an exchange holds for one that waits here, too. */
  private bound({ exchange, requester }: RequestPass): void {
    const { exchangeMs } = this.context.route.timeouts;
    if (exchangeMs <= 0) return;
    exchange.exchangeDeadline = exchange.startedAt + exchangeMs;
    requester.deadline = exchange.exchangeDeadline;
  }

  // ---- what goes by

  private otherMethod(pass: RequestPass): typeof PASS {
    const { exchange, view } = pass;
    if (isUnsafe(exchange.method)) {
      const { store, rules, keys } = this;
      const target = keys.uriOf(pass);
      const fields = rules.isWide ? new TextFields(requestText(view)) : NO_FIELDS;
      exchange.client = new InvalidatingClient(exchange.client, {
        store,
        rules,
        keys,
        target,
        service: exchange.service,
        fields,
        paths: pass.listener.plan,
      });
    }
    return this.goBy(pass, this.methodEdits, 'bypass');
  }

  private passHead(pass: RequestPass, { entry, key }: Found, verdict: Verdict): typeof PASS {
    const { exchange } = pass;
    if (entry !== null && entry.kind === REPLY) {
      exchange.client = new HeadClient(exchange.client, this.context.worker, this.store, this.rules, key);
    }
    entry?.release();
    return this.goBy(pass, this.rules.passingEdits({ forward: verdict.forward ?? 'miss', detail: 'head' }), 'miss');
  }

  private passBy(pass: RequestPass, verdict: Verdict): typeof PASS {
    return this.goBy(pass, verdict.forward === 'request' ? this.requestEdits : this.passEdits, 'pass');
  }

  private alone(pass: RequestPass): typeof PASS {
    return this.goBy(pass, this.aloneEdits, 'miss');
  }

  private bypass(pass: RequestPass): typeof PASS {
    return this.goBy(pass, this.bypassEdits, 'bypass');
  }

  private goBy({ exchange }: RequestPass, edits: CompiledEdits, verdict: 'bypass' | 'pass' | 'miss'): typeof PASS {
    exchange.cached = verdict;
    exchange.addReplyEdits(edits);
    return PASS;
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
