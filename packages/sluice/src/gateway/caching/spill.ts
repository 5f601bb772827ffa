/**
 * Content of a reply that turned out too large to be kept, or for which there was no room: those who were reading it get the rest from here, at the pace of the slowest of them. Holds what one
 * read of the socket brought, and no more: the origin is not read from until all have taken it.
 */
export interface SpillReader {
  /** There is more, or it has ended. */
  pump(): void;
}

export class Spill {
  readonly chunks: Buffer[] = [];
  /** How it ended. */
  ending: 'open' | 'whole' | 'cut' = 'open';
  private readonly readers = new Map<SpillReader, number>();
  private readonly onTaken: () => void;

  /** @param onTaken All have taken all there is. */
  constructor(readers: Iterable<SpillReader>, onTaken: () => void) {
    for (const reader of readers) this.readers.set(reader, 0);
    this.onTaken = onTaken;
  }

  get isTaken(): boolean {
    return this.chunks.length === 0;
  }

  /** Copies `bytes[start, end)`. */
  add(bytes: Buffer, start: number, end: number): void {
    this.chunks.push(Buffer.from(bytes.subarray(start, end)));
  }

  /** The next piece for a reader; null when it has all there is. */
  next(reader: SpillReader): Buffer | null {
    const at = this.readers.get(reader);
    if (at === undefined || at >= this.chunks.length) return null;
    this.readers.set(reader, at + 1);
    return this.chunks[at]!;
  }

  /** The reader has handed on what it took. */
  taken(): void {
    if (this.isTaken || [...this.readers.values()].some((at) => at < this.chunks.length)) return;
    this.chunks.length = 0;
    for (const reader of this.readers.keys()) this.readers.set(reader, 0);
    if (this.ending === 'open') this.onTaken();
    else this.tellAll();
  }

  /** Has all look. */
  tellAll(): void {
    for (const reader of [...this.readers.keys()]) reader.pump();
  }

  leave(reader: SpillReader): void {
    this.readers.delete(reader);
    this.taken();
  }
}
