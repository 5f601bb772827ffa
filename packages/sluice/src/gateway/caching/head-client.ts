/** The client's side of a HEAD that went to the service while something was kept: what it says of that holds for it, too (RFC 9111 §4.3.5). */
import { effectOfHead } from '../../core/caching/http/update.ts';
import { NO_FIELDS, TextFields } from '../../core/caching/http/fields.ts';
import { INVALID_UNTIL_VALIDATED } from '../../core/caching/http/stored-reply.ts';
import type { EntryMeta, MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import type { Attempt, Client, Exchange } from '../exchange/exchange.ts';
import { PassingClient } from '../exchange/passing-client.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { CacheRules } from './cache-rules.ts';
import type { CacheStore } from './cache-store.ts';
import { endToEndLines } from './came-head.ts';
import type { Found } from './entry-finder.ts';
import { fieldsOf, REPLY, tagsOf } from './entry-view.ts';
import { type CameHead, type KeptRequest, mayRefresh, refreshedMeta } from './keeping.ts';

/** HEADs of those who showed who they are do not come here. */
const NOBODY: KeptRequest = { fields: NO_FIELDS, isPersonal: false };

export class HeadClient extends PassingClient {
  private readonly worker: WorkerContext;
  private readonly store: CacheStore;
  private readonly rules: CacheRules;
  private readonly key: string;
  private readonly selecting: readonly string[];
  /** The clock of purges when the request went: a soft one that came since is not undone. */
  private readonly since: number;

  /** Under `key` something is kept. */
  constructor(client: Client, worker: WorkerContext, store: CacheStore, rules: CacheRules, { key, mark }: Found) {
    super(client);
    this.worker = worker;
    this.store = store;
    this.rules = rules;
    this.key = key;
    this.selecting = mark?.names ?? [];
    this.since = store.memory.purgeClock;
  }

  override onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean {
    const entry = this.store.memory.peek(this.key);
    if (entry !== null) {
      this.compare(entry, attempt, endToEndLines(attempt.parser, bytes, start));
      entry.release();
    }
    return this.client.onResponseHead(exchange, attempt, bytes, start);
  }

  private compare(entry: MemoryEntry, { parser, sentAt }: Attempt, lines: string): void {
    const { clock } = this.worker;
    const receivedAt = clock.wall();
    const length = parser.contentLength < 0 ? '' : `Content-Length: ${parser.contentLength}\r\n`;
    const stored = new TextFields(fieldsOf(entry.head));
    if (entry.kind !== REPLY) return;
    const reply = { status: parser.status, fields: new TextFields(lines + length) };
    const effect = effectOfHead({ status: entry.status, fields: stored }, entry.bodyBytes, reply);
    if (effect === 'none') return;
    const requestedAt = (receivedAt - (clock.now() - sentAt)) as typeof receivedAt;
    const came: CameHead = { status: parser.status, text: lines, bodyBytes: entry.bodyBytes, requestedAt, receivedAt };
    const meta = effect === 'update' ? refreshedMeta(this.rules, entry, came) : invalidated(entry);
    const isKept = effect !== 'update' || (meta !== null && mayRefresh(this.rules, NOBODY, meta, this.selecting));
    if (meta !== null && isKept) this.store.memory.refresh(this.key, entry, meta, this.since);
  }
}

function invalidated(entry: MemoryEntry): EntryMeta {
  const { kind, status, receivedAt, initialAgeMs, freshForMs, staleWhileRevalidateMs, staleIfErrorMs, head, bodyBytes } = entry;
  const flags = entry.flags | INVALID_UNTIL_VALIDATED;
  return {
    kind,
    status,
    flags,
    receivedAt,
    initialAgeMs,
    freshForMs,
    staleWhileRevalidateMs,
    staleIfErrorMs,
    head,
    bodyBytes,
    tags: tagsOf(head),
  };
}
