/**
 * The disk tier as one worker uses it: reads what memory does not have, writes what memory has kept. Which entries there are is known without asking the disk (`core/caching/tier/disk-index.ts`);
 * the bound, what goes, and what a crash has left is the main thread's (`control/caching/disk-keeper.ts`).
 *
 * A disk that fails or is slow is left alone for 10 s, reads and writes apart: one that is full can still be read. About 65 µs of CPU for a hit of 1 KiB, 125 for 100 KiB (`cli/cache-tiers.bench.ts`), most of it in the thread pool that all share.
 */
import type { DiskBoard } from '../../core/caching/tier/disk-board.ts';
import { blocksOf, type DiskName } from '../../core/caching/tier/disk-index.ts';
import { SOFT_PURGED } from '../../core/caching/http/stored-reply.ts';
import type { EntryMeta, MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import { type DiskReading, placeDiskFile, readDiskFile, removeDiskFile, writeDiskFile } from '../../io/cache-disk-file.ts';
import { diskName, diskPath, newPath } from '../../io/cache-disk-place.ts';
import { recordBytes, recordHeader } from '../../io/cache-disk-record.ts';
import { nodeRuntime } from '../../io/node-runtime.ts';
import type { WorkerContext } from '../worker-context.ts';
import { TierBreaker } from './tier-breaker.ts';
import { bodyOf, isWorthKeeping, type Tier, type TierEntry } from './tiers.ts';
import { type TierWrite, TierWrites } from './tier-writes.ts';

const REST_MS = 10_000;
/** A disk that takes longer for a file's beginning is slower than most origins. */
const READ_MAX_MS = 500;
/** Of one worker at a time: the thread pool is everybody's. */
const READS_MAX = 32;
const WRITES_MAX = 256;
const WRITE_BYTES_MAX = 32 * 2 ** 20;
/** What does not live longer is not worth a file. */
const WORTH_MS = 5_000;
/** The keeper is woken before there is no room. */
const FULL = 0.97;
/** Times of use are seconds since then: they fit 31 bits. */
const USES_SINCE_S = 1_700_000_000;

export interface DiskTierOptions {
  readonly worker: WorkerContext;
  /** Of the cache. */
  readonly name: string;
  readonly directory: string;
  readonly bytes: number;
  readonly board: DiskBoard;
}

type Found = Extract<DiskReading, { kind: 'found' }>;

export class DiskTier implements Tier {
  readonly detail = 'disk';
  private readonly options: DiskTierOptions;
  private readonly board: DiskBoard;
  private readonly blocksMax: number;
  private readonly reads: TierBreaker;
  private readonly writeBreaker: TierBreaker;
  private readonly writes: TierWrites;
  /** On their way, and no longer what memory has. */
  private readonly outdated = new Set<string>();
  private reading = 0;
  private files = 0;

  constructor(options: DiskTierOptions) {
    this.options = options;
    this.board = options.board;
    this.blocksMax = Math.floor(options.bytes / 4_096);
    this.reads = this.breaker('read');
    this.writeBreaker = this.breaker('written');
    this.writes = new TierWrites({ bytesMax: WRITE_BYTES_MAX, countMax: WRITES_MAX, write: (write) => this.write(write) });
  }

  async find(key: string): Promise<TierEntry | null> {
    const { index, isOpen } = this.board;
    if (!isOpen) return null;
    const name = diskName(key);
    const slot = index.find(name);
    if (slot < 0 || this.reading >= READS_MAX || !this.reads.allows()) return null;
    const path = diskPath(this.options.directory, name);
    const reading = await this.read(path, index.blocksAt(slot) * 4_096);
    if (reading === null) return null;
    if (reading.kind === 'torn') index.count('drops');
    if (reading.kind !== 'found') return this.drop(slot, name);
    const entry = this.entryOf(key, reading, slot, name);
    if (entry === null) return null;
    index.touch(slot, this.tick());
    index.count('hits');
    return entry;
  }

  store(key: string, meta: EntryMeta, entry: MemoryEntry): void {
    const { journal, isWritable, index } = this.board;
    const born = journal.clock;
    // After the clock was read: a purge that comes between the two is seen by one of them.
    const isWanted = isWritable && isWorthKeeping(meta, WORTH_MS) && entry.state === 'whole' && !entry.isGone && !entry.isStale;
    if (!isWanted || !this.writeBreaker.allows()) {
      entry.release();
      return this.outdate(key);
    }
    if (this.writes.add({ key, meta: { ...meta, bodyBytes: entry.available }, entry, born })) return;
    index.count('skips');
    this.outdate(key);
  }

  remove(key: string, tag?: string): void {
    const { board } = this;
    if (!board.isOpen) return;
    if (tag !== undefined) {
      board.journal.note({ kind: 'tag', tag }, false);
      board.wake();
    }
    this.outdate(key);
  }

  close(): void {
    this.writes.close();
  }

  /** There is a newer reply, and it is not written: the older one must not come back. */
  private outdate(key: string): void {
    const { index, isOpen } = this.board;
    if (!isOpen) return;
    if (this.writes.forget(key)) this.outdated.add(key);
    const name = diskName(key);
    const slot = index.find(name);
    if (slot >= 0) void this.drop(slot, name);
  }

  /** Null: it cannot be read, or not in time. */
  private async read(path: string, bytes: number): Promise<DiskReading | null> {
    this.reading++;
    let isLate = false;
    let cancel = (): void => {};
    const late = new Promise<null>((resolve) => {
      cancel = nodeRuntime.timers.after(READ_MAX_MS, () => {
        isLate = true;
        this.failed(this.reads, `no answer within ${READ_MAX_MS} ms`);
        resolve(null);
      });
    });
    const read = readDiskFile(path, bytes).then(
      (reading) => {
        if (isLate && reading.kind === 'found') reading.discard();
        else if (!isLate) this.reads.succeeded();
        return isLate ? null : reading;
      },
      (error: unknown) => {
        this.failed(this.reads, error);
        return null;
      },
    );
    void read.finally(() => this.reading--);
    const reading = await Promise.race([read, late]);
    cancel();
    return reading;
  }

  /** Null where it is another's, or has been purged. */
  private entryOf(key: string, found: Found, slot: number, name: DiskName): TierEntry | null {
    const { record } = found;
    const { journal, epoch } = this.board;
    const isOurs = record.epoch === epoch && record.key === key;
    const reach = isOurs ? journal.reach(record.born, key, record.meta.tags) : 'untouched';
    if (!isOurs || reach === 'gone') {
      found.discard();
      if (reach === 'gone' || record.epoch !== epoch) void this.drop(slot, name);
      return null;
    }
    const meta = reach === 'stale' ? { ...record.meta, flags: record.meta.flags | SOFT_PURGED } : record.meta;
    return { meta, body: this.watched(found.body, slot, name), discard: () => found.discard() };
  }

  /** A file whose end is not what was written goes. */
  private async *watched(body: AsyncIterable<Uint8Array>, slot: number, name: DiskName): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      this.board.index.count('drops');
      void this.drop(slot, name);
      throw error;
    }
  }

  private async write(write: TierWrite): Promise<void> {
    const { options, board } = this;
    const { key, meta, entry, born } = write;
    const { index } = board;
    const owner = options.worker.index;
    const header = recordHeader(key, meta, born, board.epoch);
    const blocks = blocksOf(recordBytes(header.length, meta.bodyBytes));
    if (!index.reserve(owner, blocks, this.blocksMax)) {
      index.count('skips');
      board.wake();
      this.outdate(key);
      this.outdated.delete(key);
      return;
    }
    if (index.blocks > this.blocksMax * FULL) board.wake();
    const path = newPath(options.directory, owner, this.files++);
    let isPlaced = false;
    try {
      await writeDiskFile(path, header, bodyOf(entry));
      isPlaced = await this.place(path, write, blocks);
      this.writeBreaker.succeeded();
    } catch (error) {
      this.failed(this.writeBreaker, error);
    }
    this.outdated.delete(key);
    if (!isPlaced) index.unreserve(owner, blocks);
  }

  private async place(path: string, { key, meta, entry, born }: TierWrite, blocks: number): Promise<boolean> {
    const { options, board } = this;
    const { index, journal } = board;
    const { directory, worker } = options;
    const name = diskName(key);
    const slot = board.isWritable && !entry.isGone ? index.claim(name, worker.index) : -1;
    if (slot < 0) {
      await removeDiskFile(path);
      return false;
    }
    const before = index.nameAt(slot);
    try {
      const isOther = before.first !== name.first || before.second !== name.second;
      if (isOther) {
        index.count('evictions');
        await removeDiskFile(diskPath(directory, before));
      }
      const isPurged = born < journal.sweepClock || journal.reach(born, key, meta.tags) !== 'untouched';
      if (isPurged) throw new Purged();
      await placeDiskFile(path, directory, name);
    } catch (error) {
      await Promise.allSettled([removeDiskFile(path), removeDiskFile(diskPath(directory, name))]);
      index.free(slot);
      if (error instanceof Purged) return false;
      throw error;
    }
    index.publish(slot, name, blocks, this.tick(), worker.index);
    index.count('writes');
    if (entry.isGone || this.outdated.has(key)) await this.drop(slot, name); // meanwhile
    return true;
  }

  private async drop(slot: number, name: DiskName): Promise<null> {
    const { index } = this.board;
    if (!index.take(slot, name)) return null;
    await removeDiskFile(diskPath(this.options.directory, name)).catch((error: unknown) => this.failed(this.writeBreaker, error));
    index.free(slot);
    return null;
  }

  private failed(breaker: TierBreaker, error: unknown): void {
    this.board.index.count('errors');
    breaker.failedWith(error);
  }

  private tick(): number {
    return Math.floor(this.options.worker.clock.wall() / 1_000) - USES_SINCE_S;
  }

  private breaker(what: 'read' | 'written'): TierBreaker {
    const { worker, name, directory } = this.options;
    return new TierBreaker({
      clock: worker.clock,
      restMs: REST_MS,
      failed: (reason) => worker.event('warn', `cache: disk cannot be ${what}`, { cache: name, directory, reason }),
      back: () => worker.event('info', `cache: disk can be ${what} again`, { cache: name, directory }),
    });
  }
}

/** A purge came while it was written. */
class Purged extends Error {}
