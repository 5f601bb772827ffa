/** The client's side of an unsafe request: what the service's answer shows to be out of date goes from the cache (RFC 9111 §4.4), before the client has the answer. */
import { TextFields } from '../../core/caching/http/fields.ts';
import { invalidatedBy, type TargetUri } from '../../core/caching/http/invalidation.ts';
import type { Fields } from '../../core/caching/http/fields.ts';
import type { PathOptions } from '../../core/routing/path.ts';
import type { Attempt, Client, Exchange, ExchangeService } from '../exchange/exchange.ts';
import { PassingClient } from '../exchange/passing-client.ts';
import type { CacheKeys } from './cache-key.ts';
import type { CacheRules } from './cache-rules.ts';
import type { CacheStore } from './cache-store.ts';
import { endToEndLines } from './came-head.ts';

export interface InvalidationInit {
  readonly store: CacheStore;
  readonly rules: CacheRules;
  readonly keys: CacheKeys;
  readonly target: TargetUri;
  readonly service: ExchangeService | null;
  /** Of the request. */
  readonly fields: Fields;
  /** What a trusted proxy says with it (`cache-key.ts`). */
  readonly claims: string;
  readonly paths: PathOptions;
}

export class InvalidatingClient extends PassingClient {
  private readonly init: InvalidationInit;

  constructor(client: Client, init: InvalidationInit) {
    super(client);
    this.init = init;
  }

  override onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean {
    const { target, paths } = this.init;
    const { parser } = attempt;
    const reply = new TextFields(endToEndLines(parser, bytes, start));
    for (const uri of invalidatedBy({ method: exchange.method, target }, parser.status, reply, paths)) this.invalidate(uri);
    return this.client.onResponseHead(exchange, attempt, bytes, start);
  }

  /** What varies goes with the mark that leads to it. */
  private invalidate(uri: TargetUri): void {
    const { store, rules, keys, service, fields, claims } = this.init;
    const key = keys.keyOf(uri, service, fields, claims);
    store.memory.purgeKey(key, false);
    const tag = rules.isWide ? keys.tagOf(uri, service) : undefined;
    if (tag !== undefined) store.memory.purgeTag(tag, false);
    for (const tier of store.tiers) tier.remove(key, tag);
  }
}
