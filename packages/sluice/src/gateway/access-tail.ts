/**
 * The worker's side of the live tail: lines of exchanges that match are gathered and sent each quarter of a second. There is one only while somebody looks, so that otherwise an
 * exchange pays for one comparison. Bounds: `perSecond` lines, spread over the quarters, and 1 MiB of them; the others are counted.
 */
import type { Cancel, Timers } from '../base/runtime.ts';
import type { FromWorker, TailFilter } from '../config/worker-protocol.ts';
import { type AccessRecord, formatAccess } from '../observe/access-log.ts';
import { matchesFields, matchesTail } from '../config/tail-filter.ts';

const BATCH_MS = 250;
const BATCHES_PER_SECOND = 4;
const BATCH_CHARACTERS_MAX = 256 * 1_024;
/** Texts are looked for in so many lines of a batch: making a line costs a microsecond. */
const LOOKED_AT_MAX = 5_000;

export class AccessTail {
  readonly #filter: TailFilter;
  readonly #say: (message: FromWorker) => void;
  readonly #cancel: Cancel;
  readonly #linesMax: number;
  #lines: string[] = [];
  #characters = 0;
  #lookedAt = 0;
  #skipped = 0;

  constructor(filter: TailFilter, timers: Pick<Timers, 'every'>, say: (message: FromWorker) => void) {
    this.#filter = filter;
    this.#say = say;
    this.#linesMax = Math.max(1, Math.ceil(filter.perSecond / BATCHES_PER_SECOND));
    this.#cancel = timers.every(BATCH_MS, () => this.#flush());
  }

  /** An exchange is over. @param withQuery Whether its query string may be shown. */
  offer(record: AccessRecord, withQuery: boolean): void {
    if (!matchesFields(this.#filter, record)) return;
    if (this.#lines.length >= this.#linesMax || this.#characters >= BATCH_CHARACTERS_MAX || this.#lookedAt >= LOOKED_AT_MAX) {
      // Without its line, its text is not known: it is counted only where no text is asked for.
      if (this.#filter.text === '') this.#skipped++;
      return;
    }
    this.#lookedAt++;
    const line = formatAccess(record, 'json', withQuery).trimEnd();
    if (!matchesTail(this.#filter, record, line)) return;
    this.#lines.push(line);
    this.#characters += line.length;
  }

  /** Sends what is left, and ends. */
  close(): void {
    this.#cancel();
    this.#flush();
  }

  #flush(): void {
    this.#lookedAt = 0;
    if (this.#lines.length === 0 && this.#skipped === 0) return;
    this.#say({ type: 'accessed', lines: this.#lines, skipped: this.#skipped });
    this.#lines = [];
    this.#characters = 0;
    this.#skipped = 0;
  }
}
