/** What the threads of a process know together of one cache's disk: which entries it has, what was purged, and whether it may be used. One block of shared memory. */
import { DiskIndex, diskEntriesMax, diskIndexBytes } from './disk-index.ts';
import { PURGE_JOURNAL_BYTES, PurgeJournal } from './purge-journal.ts';

/** Words of the head. */
const IS_OPEN = 0;
const WAKE = 1;
const EPOCH = 2;
const IS_WRITABLE = 3;
const HEAD_BYTES = 64;

export class DiskBoard {
  readonly buffer: SharedArrayBuffer;
  readonly index: DiskIndex;
  readonly journal: PurgeJournal;
  readonly #words: Int32Array;

  /** @param bytes Bound of the disk, the same for all who look at the board. */
  constructor(buffer: SharedArrayBuffer, bytes: number) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, HEAD_BYTES / 4);
    this.journal = new PurgeJournal(buffer, HEAD_BYTES);
    this.index = new DiskIndex(buffer, HEAD_BYTES + PURGE_JOURNAL_BYTES, diskEntriesMax(bytes));
  }

  /** An empty one. */
  static make(bytes: number): DiskBoard {
    return new DiskBoard(new SharedArrayBuffer(HEAD_BYTES + PURGE_JOURNAL_BYTES + diskIndexBytes(diskEntriesMax(bytes))), bytes);
  }

  /** How much there is has been counted: files may be written, too. */
  get isWritable(): boolean {
    return Atomics.load(this.#words, IS_WRITABLE) !== 0;
  }

  set isWritable(value: boolean) {
    Atomics.store(this.#words, IS_WRITABLE, value ? 1 : 0);
  }

  /** The directory is ours: files may be read. */
  get isOpen(): boolean {
    return Atomics.load(this.#words, IS_OPEN) !== 0;
  }

  set isOpen(value: boolean) {
    Atomics.store(this.#words, IS_OPEN, value ? 1 : 0);
  }

  /** Stands in every file; files of another one are not ours. */
  get epoch(): number {
    return Atomics.load(this.#words, EPOCH) >>> 0;
  }

  set epoch(value: number) {
    Atomics.store(this.#words, EPOCH, value | 0);
  }

  /** There is something for the keeper to do. */
  wake(): void {
    Atomics.add(this.#words, WAKE, 1);
    Atomics.notify(this.#words, WAKE);
  }

  get wakes(): number {
    return Atomics.load(this.#words, WAKE);
  }

  /** Resolves with the next `wake`, or after a time. @param seen `wakes` when it was looked last. */
  async whenWoken(seen: number, timeoutMs: number): Promise<void> {
    const wait = Atomics.waitAsync(this.#words, WAKE, seen, timeoutMs);
    if (wait.async) await wait.value;
  }
}
