/**
 * Files that were pushed into the cache (`sluice cache push`): they answer before the rest of the cache is asked, and what was not pushed goes on. They are whole replies as their publisher wants
 * them, so they do not age here: no Age, and the Date of the moment. Neither cookies nor credentials of a request matter to them, nor its query, nor whether it came over TLS.
 */
import type { PushBoard } from '../../core/caching/push-board.ts';
import { pushedKey } from '../../core/caching/push-board.ts';
import type { MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import { ANSWERED, type FilterVerdict, type RequestPass } from '../filters/filter.ts';
import type { Random } from '../../base/random.ts';
import type { CacheKeys } from './cache-key.ts';
import type { CacheRules } from './cache-rules.ts';
import type { CacheStore } from './cache-store.ts';
import { sendEntry } from './entry-reply.ts';
import type { PrefetchStage } from './prefetch-stage.ts';
import { HAS_CONDITION, HAS_RANGE, requestFacts, RequestFields } from './request-facts.ts';

export interface PushedFilesInit {
  readonly board: PushBoard;
  readonly store: CacheStore;
  readonly rules: CacheRules;
  readonly keys: CacheKeys;
  readonly random: Random;
  /** For what was not pushed. */
  readonly next: PrefetchStage;
}

export class PushedFiles implements PrefetchStage {
  private readonly init: PushedFilesInit;
  private readonly fields = new RequestFields();

  constructor(init: PushedFilesInit) {
    this.init = init;
  }

  onRequest(pass: RequestPass): FilterVerdict {
    const { parser } = pass.view;
    const { method } = parser;
    const isRead = (method === 'GET' || method === 'HEAD') && parser.bodyKind === 'none' && parser.upgrade === null;
    const entry = isRead ? this.find(pass) : null;
    if (entry === null) return this.init.next.onRequest(pass);
    this.send(pass, entry);
    return ANSWERED;
  }

  get store(): CacheStore {
    return this.init.store;
  }

  prefetch(pass: RequestPass, forMs: number): FilterVerdict {
    return this.init.next.prefetch(pass, forMs);
  }

  close(): void {
    this.init.next.close?.();
  }

  /** Pinned. */
  private find(pass: RequestPass): MemoryEntry | null {
    const { board, store, keys } = this.init;
    const pushes = board.read();
    if (pushes.length === 0) return null;
    const { authority, path } = keys.uriOf(pass);
    for (const { host, prefix, id } of pushes) {
      if ((host !== '*' && host !== authority) || !path.startsWith(prefix)) continue;
      const entry = store.memory.find(pushedKey(host, path, id));
      if (entry === null) continue;
      if (entry.state === 'whole' && !entry.isStale) return entry;
      entry.release();
    }
    return null;
  }

  private send({ view, exchange }: RequestPass, entry: MemoryEntry): void {
    const { store, rules, random } = this.init;
    const facts = requestFacts(view);
    this.fields.view = view;
    exchange.cached = 'hit-memory';
    exchange.addReplyEdits(rules.tagDrops);
    const asked = (facts & (HAS_RANGE | HAS_CONDITION)) === 0 ? null : this.fields;
    const lines = rules.hitLine(Math.floor(entry.freshForMs / 1000), 'pushed');
    sendEntry(store, { exchange, entry, asked, fields: null, lines, random });
  }
}
