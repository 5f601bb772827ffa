/**
 * The tier that all nodes share, in a Valkey or Redis: what one node has fetched is a hit on all. A reply is a record as on disk, under a hash of its key; it lives as long as it may be served. One
 * round trip, which brings the number of the last purge along: a reply is taken only if this node knows every purge there has been, and none of those since it was stored means it
 * (`control/caching/shared-purges.ts` follows them). So a purge holds on every node as soon as the store has it, however late its message comes.
 *
 * A store that is slow or away is a miss, at once after the first failure: it is tried again each second, by one request. Writes are in the background and bounded.
 */
import { hash } from 'node:crypto';
import { PURGE } from '../../clients/valkey/purge-scripts.ts';
import type { ValkeyClient } from '../../clients/valkey/valkey-client.ts';
import { SOFT_PURGED } from '../../core/caching/http/stored-reply.ts';
import type { EntryMeta, MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import type { SharedBoard } from '../../core/caching/tier/shared-board.ts';
import { type SharedNames, sharedNames } from '../../core/caching/tier/shared-names.ts';
import { readRecord, recordHeader, wholeBody, wholeRecord } from '../../io/cache-disk-record.ts';
import type { WorkerContext } from '../worker-context.ts';
import { TierBreaker } from './tier-breaker.ts';
import { bodyOf, isWorthKeeping, type Tier, type TierEntry } from './tiers.ts';
import { type TierWrite, TierWrites } from './tier-writes.ts';

const REST_MS = 1_000;
/** What does not live longer is not worth a round trip. */
const WORTH_MS = 2_000;
/** Nothing stays longer, whatever it says of itself. */
const LIFE_MAX_MS = 30 * 24 * 3_600_000;
const WRITES_MAX = 256;
const WRITE_BYTES_MAX = 16 * 2 ** 20;
/** Replies of the store have no epoch. */
const EPOCH = 0;

export interface SharedTierOptions {
  readonly worker: WorkerContext;
  /** Of the cache, the same on all nodes. */
  readonly name: string;
  /** In front of everything. */
  readonly prefix: string;
  readonly objectBytesMax: number;
  readonly client: ValkeyClient;
  readonly board: SharedBoard;
}

export class SharedTier implements Tier {
  readonly detail = 'shared';
  private readonly options: SharedTierOptions;
  private readonly names: SharedNames;
  private readonly breaker: TierBreaker;
  private readonly writes: TierWrites;

  constructor(options: SharedTierOptions) {
    const { worker, name, prefix } = options;
    this.options = options;
    this.names = sharedNames(prefix, name);
    this.breaker = new TierBreaker({
      clock: worker.clock,
      restMs: REST_MS,
      failed: (reason) => worker.event('warn', 'cache: shared store does not answer', { cache: name, reason }),
      back: () => worker.event('info', 'cache: shared store answers again', { cache: name }),
    });
    this.writes = new TierWrites({ bytesMax: WRITE_BYTES_MAX, countMax: WRITES_MAX, write: (write) => this.write(write) });
  }

  async find(key: string): Promise<TierEntry | null> {
    const { client, board } = this.options;
    if (!board.isKnown || !client.isUp || !this.breaker.allows()) return null;
    const answers = await this.answered(client.getMany([this.nameOf(key), this.names.last]));
    if (answers === null) return null;
    const [bytes = null, last = null] = answers;
    const { clock } = board.journal;
    if (clock !== BigInt(last === null ? 0 : last.toString('latin1'))) {
      board.wake();
      return this.missed();
    }
    return bytes === null ? this.missed() : this.entryOf(key, bytes);
  }

  store(key: string, meta: EntryMeta, entry: MemoryEntry): void {
    const { board, client, objectBytesMax } = this.options;
    const born = board.journal.clock;
    // After the clock was read: it moves when memory has been purged.
    const isWanted = board.isKnown && entry.state === 'whole' && !entry.isGone && !entry.isStale;
    if (!isWanted || entry.available > objectBytesMax || !isWorthKeeping(meta, WORTH_MS) || !client.isUp || !this.breaker.allows())
      return entry.release();
    if (!this.writes.add({ key, meta: { ...meta, bodyBytes: entry.available }, entry, born })) board.count('skips');
  }

  remove(key: string, tag?: string): void {
    const { client, board, name } = this.options;
    void this.answered(client.delete([this.nameOf(key)]));
    if (tag === undefined) return;
    const order = JSON.stringify({ cache: name, target: { kind: 'tag', tag }, soft: false });
    const { last, stream, floor, channel } = this.names;
    void this.answered(client.run(PURGE, [last, stream, floor], [String(board.journal.clock), order, channel]));
  }

  close(): void {
    this.writes.close();
  }

  private entryOf(key: string, bytes: Buffer): TierEntry | null {
    const { board } = this.options;
    const record = readRecord(bytes);
    const body = record === null ? null : wholeBody(bytes, record);
    if (record === null || body === null) {
      board.count('drops');
      return this.missed();
    }
    if (record.key !== key) return this.missed();
    const reach = board.journal.reach(record.born, key, record.meta.tags);
    if (reach === 'gone') return this.missed();
    board.count('hits');
    const meta = reach === 'stale' ? { ...record.meta, flags: record.meta.flags | SOFT_PURGED } : record.meta;
    return { meta, body: piecesOf(body), discard() {} };
  }

  private async write({ key, meta, entry, born }: TierWrite): Promise<void> {
    const { client, board, worker } = this.options;
    const lifeMs =
      meta.receivedAt +
      meta.freshForMs -
      meta.initialAgeMs +
      Math.max(meta.staleWhileRevalidateMs, meta.staleIfErrorMs) -
      worker.clock.wall();
    if (entry.isGone || lifeMs <= 0) return;
    const bytes = wholeRecord(recordHeader(key, meta, born, EPOCH), meta.bodyBytes, bodyOf(entry));
    const name = this.nameOf(key);
    const set = await this.answered(client.set(name, bytes, Math.min(LIFE_MAX_MS, lifeMs)).then(() => true));
    if (set === null) return;
    board.count('writes');
    if (entry.isGone) await this.answered(client.delete([name]));
  }

  /** Null: it failed. */
  private async answered<Value>(asked: Promise<Value>): Promise<Value | null> {
    try {
      const answer = await asked;
      this.breaker.succeeded();
      return answer;
    } catch (error) {
      this.options.board.count('errors');
      this.breaker.failedWith(error);
      return null;
    }
  }

  private missed(): null {
    this.options.board.count('misses');
    return null;
  }

  private nameOf(key: string): string {
    return this.names.reply + hash('sha256', key, 'base64url');
  }
}

async function* piecesOf(pieces: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
