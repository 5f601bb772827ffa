/** The options of a route's cache, compiled once: what the rules of HTTP take (`core/caching/http`), and the texts that every reply of the route may carry. */
import type { Timestamp } from '../../base/time.ts';
import type { CachePlan } from '../../config/filters/cache-plan.ts';
import { isHeuristicallyCacheable } from '../../core/caching/http/cacheable-status.ts';
import { type CacheFacts, cacheStatusMember, hitMember, NO_FACTS } from '../../core/caching/http/cache-status.ts';
import { DEFAULT_FRESHNESS, type FreshnessOptions } from '../../core/caching/http/freshness.ts';
import { KeyRule } from '../../core/caching/http/request-key.ts';
import { currentAge, type ReuseOptions, ttlSeconds } from '../../core/caching/http/reuse.ts';
import { ageLine } from '../../core/caching/http/stored-head.ts';
import type { StoredReply } from '../../core/caching/http/stored-reply.ts';
import type { StorabilityOptions } from '../../core/caching/http/storability.ts';
import { type CompiledEdits, dropsOf, NO_EDITS } from '../exchange/header-edits.ts';
import { shownTags } from './entry-view.ts';

/** What this cache calls itself in Cache-Status; nodes that share the work go by their addresses. */
const NAME = 'sluice';

/** Request fields that reach the service when something is fetched to be kept, besides those in the key. */
const NEGOTIATED = ['accept', 'accept-language', 'accept-encoding', 'authorization', 'cache-control', 'cookie', 'pragma'];

export class CacheRules {
  readonly plan: CachePlan;
  readonly key: KeyRule;
  readonly storability: StorabilityOptions;
  readonly freshness: FreshnessOptions;
  readonly reuse: ReuseOptions;
  /** A resource has replies under keys that one request of it does not show. */
  readonly isWide: boolean;
  /** Leaves our tags out of every reply. */
  readonly tagDrops: CompiledEdits;
  /** Replies go to another node, which keeps them: tags, too. */
  readonly isForPeers: boolean;
  private readonly name: string;
  private readonly kept: ReadonlySet<string>;

  constructor(plan: CachePlan, isForPeers = false) {
    const { key } = plan;
    const defaultTtlMs = ttlByStatus(plan.defaultTtlMs);
    const { kind } = key.query;
    this.plan = plan;
    this.isForPeers = isForPeers;
    this.name = plan.shield?.self ?? NAME;
    this.key = new KeyRule({
      query: 'names' in key.query ? { kind: kind === 'only' ? 'include' : 'exclude', names: key.query.names } : key.query,
      isSorted: key.isSorted,
      headers: key.headers,
      cookies: key.cookies,
    });
    this.isWide = key.headers.length > 0 || key.cookies.length > 0;
    this.reuse = { clientDirectives: plan.clientDirectives };
    this.storability = {
      setCookie: plan.setCookie === 'pass' ? 'refuse' : plan.setCookie,
      clientDirectives: plan.clientDirectives,
      defaultTtlMs,
    };
    this.freshness = {
      defaultTtlMs,
      minTtlMs: plan.ttlMinMs ?? DEFAULT_FRESHNESS.minTtlMs,
      maxTtlMs: plan.ttlMaxMs ?? DEFAULT_FRESHNESS.maxTtlMs,
      heuristicMaxMs: DEFAULT_FRESHNESS.heuristicMaxMs,
      staleWhileRevalidateMs: plan.staleWhileRevalidateMs ?? 0,
      staleIfErrorMs: plan.staleIfErrorMs ?? 0,
      isAgeStrict: plan.malformedAge === 'stale',
    };
    this.tagDrops = plan.tagFields.length === 0 || isForPeers ? NO_EDITS : { drops: dropsOf(plan.tagFields), lines: '' };
    this.kept = new Set([...NEGOTIATED, ...key.headers]);
  }

  /** Whether a request field (lower case) that is not in the key reaches the service. */
  forwards(name: string): boolean {
    return this.plan.unkeyedHeaders === 'forward' || this.kept.has(name);
  }

  /** The Cache-Status line of a hit, with its CRLF; empty where replies do not say. */
  hitLine(ttlSeconds: number, detail: string): string {
    return this.plan.status ? `Cache-Status: ${hitMember(this.name, ttlSeconds, detail)}\r\n` : '';
  }

  /** Age and Cache-Status of a reply that is there already. */
  agedLines(stored: StoredReply, now: Timestamp, detail: string): string {
    return ageLine(currentAge(stored, now)) + this.hitLine(ttlSeconds(stored, now), detail);
  }

  /** The line by which another node hears of an entry's tags; empty for clients. */
  tagLine(head: string): string {
    if (!this.isForPeers) return '';
    const tags = shownTags(head);
    return tags.length === 0 ? '' : `Cache-Tag: ${tags.join(',')}\r\n`;
  }

  /** That of anything else. */
  statusLine(facts: Partial<CacheFacts>): string {
    return this.plan.status ? `Cache-Status: ${cacheStatusMember(this.name, { ...NO_FACTS, ...facts })}\r\n` : '';
  }

  /** What a reply that passes by the cache says and leaves out. */
  passingEdits(facts: Partial<CacheFacts>): CompiledEdits {
    return { drops: this.tagDrops.drops, lines: this.statusLine(facts) };
  }
}

/** `*` stands for every status that may be guessed. */
function ttlByStatus(written: CachePlan['defaultTtlMs']): ReadonlyMap<number, number> {
  const ttls = new Map<number, number>();
  const any = written['*'];
  for (let status = 200; status < 600; status++) if (any !== undefined && isHeuristicallyCacheable(status)) ttls.set(status, any);
  for (const [status, ms] of Object.entries(written)) if (status !== '*') ttls.set(Number(status), ms);
  return ttls;
}
