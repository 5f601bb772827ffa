/**
 * The cache of a route whose nodes share the work: one stage for clients, which fetches from other nodes what they own, and one for those nodes. What comes from a node is proved, else refused;
 * what has been here before goes round, and is refused, too (RFC 8586).
 */
import type { FilterContext, FilterVerdict, RequestPass } from '../filters/filter.ts';
import type { Attempt, Exchange } from '../exchange/exchange.ts';
import { PassingClient } from '../exchange/passing-client.ts';
import type { CompiledEdits } from '../exchange/header-edits.ts';
import { CacheKeys } from './cache-key.ts';
import { CacheRules } from './cache-rules.ts';
import { CacheStage } from './cache-stage.ts';
import type { CacheStore } from './cache-store.ts';
import { OWNER_LINE } from './peer-leg.ts';
import type { PrefetchStage } from './prefetch-stage.ts';
import { HAS_LOOP, HAS_PEER, requestFacts } from './request-facts.ts';
import type { Shield } from './shield.ts';

const OWNER_EDITS: CompiledEdits = { drops: ',sluice-peer,', lines: OWNER_LINE };
const LOOP = { status: 508 };
const STRANGER = { status: 421 };

export class ShieldedCache implements PrefetchStage {
  private readonly shield: Shield;
  private readonly clients: CacheStage;
  private readonly peers: CacheStage;

  constructor(context: FilterContext, store: CacheStore, rules: CacheRules, shield: Shield) {
    const { name } = context.route;
    const peerRules = new CacheRules(rules.plan, true);
    this.shield = shield;
    this.clients = new CacheStage(context, store, rules, new CacheKeys(rules, name), shield);
    this.peers = new CacheStage(context, store, peerRules, new PeerKeys(peerRules, name, shield));
  }

  get store(): CacheStore {
    return this.clients.store;
  }

  prefetch(pass: RequestPass, forMs: number): FilterVerdict {
    return this.clients.prefetch(pass, forMs);
  }

  onRequest(pass: RequestPass): FilterVerdict {
    const { shield } = this;
    const facts = requestFacts(pass.view);
    if ((facts & HAS_LOOP) !== 0 && shield.isLoop(pass)) return pass.answer(LOOP);
    if ((facts & HAS_PEER) === 0) return this.clients.onRequest(pass);
    if (!shield.isPeer(pass)) return pass.answer(STRANGER);
    pass.removeHeader('sluice-peer');
    pass.exchange.addReplyEdits(OWNER_EDITS);
    pass.exchange.client = new PeerClient(pass.exchange.client);
    return this.peers.onRequest(pass);
  }
}

/** A node is no client: it is bound to no endpoint, and a reply with a cookie for one would be kept by nobody. */
class PeerClient extends PassingClient {
  override onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean {
    exchange.serviceLines = '';
    return this.client.onResponseHead(exchange, attempt, bytes, start);
  }
}

/** The key is the one that the other node has worked out. */
class PeerKeys extends CacheKeys {
  private readonly shield: Shield;

  constructor(rules: CacheRules, routeName: string, shield: Shield) {
    super(rules, routeName);
    this.shield = shield;
  }

  override of(pass: RequestPass): string {
    return this.shield.keyIn(pass);
  }
}
