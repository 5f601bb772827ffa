/**
 * The disk tier of one cache as the main thread keeps it: takes the directory for this process, counts what an earlier one left, keeps the bound, writes purges down. Workers read and write by
 * themselves (`gateway/caching/disk-tier.ts`); both meet at the board in shared memory.
 *
 * Reads begin when the purges have been read, writes when everything has been counted: until then the bound would not hold. Where the directory cannot be used it is tried again each 10 s, said
 * once. What goes first is what was used longest ago among 64 entries, an eighth of them at a time: near to the oldest of all, and no list of all to keep.
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Runtime } from '../../base/runtime.ts';
import type { PurgeOrder } from '../../core/caching/purge-order.ts';
import { DiskBoard } from '../../core/caching/tier/disk-board.ts';
import { BLOCK_BYTES, blocksOf, DISK_FIGURES, type DiskFigure } from '../../core/caching/tier/disk-index.ts';
import { readDiskHeader, removeDiskFile } from '../../io/cache-disk-file.ts';
import { diskPath, LOCK_FILE, NEW_DIRECTORY } from '../../io/cache-disk-place.ts';
import { readPurges, writePurges } from '../../io/cache-disk-purges.ts';
import { removeNewFiles, scanDisk, type ScannedFile } from '../../io/cache-disk-scan.ts';
import { withFileLock } from '../../io/file-lock.ts';
import type { SayEvent } from '../say-event.ts';

/** Kept free above what is there, for what is being written. */
const ROOM = 1 / 32;
const WINDOW = 64;
const WINDOW_SHARE = 8;
const RETRY_MS = 10_000;
/** Looked at without being woken. */
const LOOK_MS = 1_000;
const LOCK_TOLD_MS = 1_000;
/** The clock jumps by this at a start: what was stored after the last purge that was written down is older than the next. */
const CLOCK_JUMP = 2n ** 32n;
const USES_SINCE_S = 1_700_000_000;

export interface DiskKeeperOptions {
  readonly name: string;
  readonly directory: string;
  readonly bytes: number;
  readonly runtime: Runtime;
  readonly say: SayEvent;
}

export interface DiskStatus extends Readonly<Record<DiskFigure, number>> {
  readonly state: 'off' | 'scanning' | 'on';
  readonly entries: number;
  readonly bytes: number;
  readonly capacityBytes: number;
}

export class DiskKeeper {
  readonly board: DiskBoard;
  /** Resolves when purges of an earlier process are known, or when there is no directory to be had. */
  readonly whenKnown: Promise<void>;
  readonly #options: DiskKeeperOptions;
  readonly #blocksMax: number;
  readonly #ended = new AbortController();
  readonly #owners = new Set<number>();
  #known: () => void = () => {};
  #persisted = -1;
  #persisting: Promise<void> | null = null;
  #hand = 0;
  /** Errors as of the last look: somebody may have removed the directory. */
  #errors = 0;
  #isSweepWanted = false;
  #isSaid = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: DiskKeeperOptions) {
    this.#options = options;
    this.board = DiskBoard.make(options.bytes);
    this.#blocksMax = Math.floor((options.bytes / BLOCK_BYTES) * (1 - ROOM));
    this.whenKnown = new Promise((resolve) => (this.#known = resolve));
  }

  /** Takes the directory, in the background. */
  start(): void {
    this.#running = this.#run();
  }

  /** What is being written is given up; resolves when the directory is free for another process. */
  async close(): Promise<void> {
    this.board.isOpen = this.board.isWritable = false;
    this.#ended.abort();
    this.board.wake();
    this.#known();
    await this.#running;
  }

  /** Makes readers see a purge, before memory is purged: what is read from here now is not put there afterwards. */
  announce({ cache, target, soft }: PurgeOrder): void {
    if (cache === null || cache === this.#options.name) this.board.journal.note(target, soft);
  }

  /** After memory was purged: what was taken from there until now is meant, too. Resolves when it is written down. */
  async purge(order: PurgeOrder): Promise<number> {
    const { cache, target, soft } = order;
    if (cache !== null && cache !== this.#options.name) return -1;
    this.announce(order);
    if (target.kind === 'all' && !soft) this.#isSweepWanted = true;
    this.board.wake();
    if (this.board.isOpen) await this.#persist();
    return -1;
  }

  /** A worker has crashed. */
  workerGone(worker: number): void {
    const { directory } = this.#options;
    const names = this.board.index.releaseOwner(worker);
    for (const name of names) void removeDiskFile(diskPath(directory, name)).catch(() => {});
    this.#owners.add(worker);
    this.board.wake();
  }

  status(): DiskStatus {
    const { index, isOpen, isWritable } = this.board;
    const figures = Object.fromEntries(DISK_FIGURES.map((figure) => [figure, index.figure(figure)])) as Record<DiskFigure, number>;
    const state = isWritable ? 'on' : isOpen ? 'scanning' : 'off';
    return { ...figures, state, entries: index.entries, bytes: index.blocks * BLOCK_BYTES, capacityBytes: this.#options.bytes };
  }

  async #run(): Promise<void> {
    const { directory, name, runtime, say } = this.#options;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        await mkdir(join(directory, NEW_DIRECTORY), { recursive: true, mode: 0o700 });
        const told = runtime.timers.after(LOCK_TOLD_MS, () =>
          say('warn', 'cache: disk in use by another process', { cache: name, directory, reason: 'its lock is held' }),
        );
        await withFileLock(join(directory, LOCK_FILE), { signal }, async () => {
          told();
          await this.#serve();
        }).finally(told);
      } catch (error) {
        if (signal.aborted) return;
        this.#away(error);
        await pause(runtime, RETRY_MS, signal);
      }
    }
  }

  async #serve(): Promise<void> {
    const { board } = this;
    const { directory, name, say, bytes } = this.#options;
    const { signal } = this.#ended;
    await this.#takeOver();
    board.isOpen = true;
    this.#known();
    const removed = await this.#scan();
    if (signal.aborted) return;
    board.isWritable = true;
    this.#isSaid = false;
    say('info', 'cache: disk ready', {
      cache: name,
      directory,
      entries: board.index.entries,
      bytes: board.index.blocks * BLOCK_BYTES,
      capacity: bytes,
      removed,
    });
    while (!signal.aborted) {
      const seen = board.wakes;
      await this.#look();
      await board.whenWoken(seen, LOOK_MS);
    }
  }

  /** The purges of the process before; without them, nothing of what it left counts. */
  async #takeOver(): Promise<void> {
    const { directory } = this.#options;
    const { journal } = this.board;
    await removeNewFiles(directory, null);
    if (this.board.epoch !== 0) return; // taken over already, and lost meanwhile
    const before = await readPurges(directory);
    const isKnown = before !== null && journal.restore(before.snapshot);
    this.board.epoch = isKnown ? before.epoch : randomBytes(4).readUInt32LE(0) | 1;
    journal.advance(journal.clock + CLOCK_JUMP);
    this.#persisted = -1;
    await this.#persist();
  }

  async #scan(): Promise<number> {
    const { directory } = this.#options;
    const { index, epoch } = this.board;
    const put = ({ name, bytes, changedAt }: ScannedFile): void => {
      if (index.find(name) >= 0) return;
      const slot = index.claim(name, 0);
      if (slot < 0) return;
      const before = index.nameAt(slot);
      if (before.first !== name.first || before.second !== name.second) void removeDiskFile(diskPath(directory, before)).catch(() => {});
      index.reserve(0, blocksOf(bytes), Infinity);
      index.publish(slot, name, blocksOf(bytes), Math.floor(changedAt / 1_000) - USES_SINCE_S, 0);
    };
    return scanDisk(directory, epoch, put, this.#ended.signal);
  }

  async #look(): Promise<void> {
    const { board } = this;
    for (const owner of this.#owners) {
      this.#owners.delete(owner);
      await removeNewFiles(this.#options.directory, owner);
    }
    const errors = board.index.figure('errors');
    if (errors !== this.#errors)
      await mkdir(join(this.#options.directory, NEW_DIRECTORY), { recursive: true, mode: 0o700 }).catch(() => {});
    this.#errors = errors;
    if (board.journal.changes !== this.#persisted) await this.#persist();
    await this.#evict();
    if (this.#isSweepWanted || board.journal.isCrowded) await this.#sweep();
  }

  async #evict(): Promise<void> {
    const { index } = this.board;
    while (index.blocks > this.#blocksMax && !this.#ended.signal.aborted) {
      const some = this.#nextLive();
      if (some.length === 0) return; // all is being written; looked at again in a moment
      some.sort((left, right) => index.usedAt(left) - index.usedAt(right));
      for (const slot of some.slice(0, Math.ceil(some.length / WINDOW_SHARE))) {
        if (index.blocks <= this.#blocksMax) return;
        if (await this.#remove(slot)) index.count('evictions');
      }
    }
  }

  /** The next so many entries round the index, which is in the order of hashes: as good as any at random. */
  #nextLive(): number[] {
    const { index } = this.board;
    const found: number[] = [];
    for (let seen = 0; seen < index.entriesMax && found.length < WINDOW; seen++) {
      if (index.isLive(this.#hand)) found.push(this.#hand);
      this.#hand = (this.#hand + 1) % index.entriesMax;
    }
    return found;
  }

  /** Looks through everything and removes what purges mean, so that those need not be remembered. */
  async #sweep(): Promise<void> {
    const { directory } = this.#options;
    const { index, journal } = this.board;
    this.#isSweepWanted = false;
    const clock = journal.beginSweep();
    for (let slot = 0; slot < index.entriesMax; slot++) {
      while (index.isChanging(slot) && !this.#ended.signal.aborted) await pause(this.#options.runtime, 5, this.#ended.signal);
      if (this.#ended.signal.aborted) return;
      if (!index.isLive(slot)) continue;
      const header = await readDiskHeader(diskPath(directory, index.nameAt(slot)));
      const isMeant = header === null || journal.reach(header.record.born, header.record.key, header.record.meta.tags) !== 'untouched';
      if (isMeant) await this.#remove(slot);
    }
    journal.forget(clock);
  }

  async #remove(slot: number): Promise<boolean> {
    const { index } = this.board;
    const name = index.nameAt(slot);
    if (!index.take(slot, name)) return false;
    await removeDiskFile(diskPath(this.#options.directory, name)).catch((error: unknown) => this.#away(error));
    index.free(slot);
    return true;
  }

  /** One write at a time; whoever asks meanwhile waits for the one after it, too. */
  async #persist(): Promise<void> {
    const { journal } = this.board;
    const wanted = journal.changes;
    while (this.#persisting !== null) await this.#persisting;
    if (((this.#persisted - wanted) | 0) >= 0 && this.#persisted >= 0) return;
    this.#persisting = this.#write();
    await this.#persisting;
  }

  async #write(): Promise<void> {
    const { journal, epoch } = this.board;
    const changes = journal.changes;
    try {
      await writePurges(this.#options.directory, { epoch, snapshot: journal.snapshot() });
    } catch (error) {
      this.board.index.count('errors');
      this.#away(error);
    } finally {
      this.#persisted = changes;
      this.#persisting = null;
    }
  }

  #away(error: unknown): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    this.#known();
    const { name, directory, say } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    say('warn', 'cache: disk cannot be used', { cache: name, directory, reason });
  }
}

/** Waits; ends at once with the signal. */
function pause(runtime: Runtime, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = runtime.timers.after(ms, end);
    signal.addEventListener('abort', end);
  });
}
