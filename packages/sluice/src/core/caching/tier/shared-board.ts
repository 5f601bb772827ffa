/** What the threads of a process know together of the tier that nodes share: the purges of all nodes, numbered by the store, up to the clock of the journal. One block of shared memory. */
import { PURGE_JOURNAL_BYTES, PurgeJournal } from './purge-journal.ts';

/** Words of the head. */
const IS_KNOWN = 0;
const WAKE = 1;
const FIGURES_AT = 4;
const HEAD_BYTES = 64;

/** What is counted. */
export const SHARED_FIGURES = ['hits', 'misses', 'writes', 'skips', 'drops', 'errors'] as const;
export type SharedFigure = (typeof SHARED_FIGURES)[number];

export class SharedBoard {
  readonly buffer: SharedArrayBuffer;
  readonly journal: PurgeJournal;
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, HEAD_BYTES / 4);
    this.journal = new PurgeJournal(buffer, HEAD_BYTES);
  }

  /** An empty one. */
  static make(): SharedBoard {
    return new SharedBoard(new SharedArrayBuffer(HEAD_BYTES + PURGE_JOURNAL_BYTES));
  }

  /** The purges have been read: replies of the store can be judged. */
  get isKnown(): boolean {
    return Atomics.load(this.#words, IS_KNOWN) !== 0;
  }

  set isKnown(value: boolean) {
    Atomics.store(this.#words, IS_KNOWN, value ? 1 : 0);
  }

  count(figure: SharedFigure): void {
    Atomics.add(this.#words, FIGURES_AT + SHARED_FIGURES.indexOf(figure), 1);
  }

  figure(figure: SharedFigure): number {
    return Atomics.load(this.#words, FIGURES_AT + SHARED_FIGURES.indexOf(figure)) >>> 0;
  }

  /** The store knows purges that we do not. */
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
