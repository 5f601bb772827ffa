/** Entries of memory on their way to a tier: some at a time, the rest waits, pinned. Beyond the bounds they are not taken: what is not stored is fetched again some day, and a client waits for nothing. */
import type { EntryMeta, MemoryEntry } from '../../core/caching/memory/memory-store.ts';

export interface TierWrite {
  readonly key: string;
  readonly meta: EntryMeta;
  /** Pinned; let go when it is done. */
  readonly entry: MemoryEntry;
  /** The clock of purges when it was taken. */
  readonly born: bigint;
}

export interface TierWritesOptions {
  /** Under way and waiting. */
  readonly bytesMax: number;
  readonly countMax: number;
  /** Never rejects. */
  readonly write: (write: TierWrite) => Promise<void>;
}

const AT_ONCE = 4;

export class TierWrites {
  private readonly options: TierWritesOptions;
  private readonly waiting: TierWrite[] = [];
  private readonly keys = new Set<string>();
  private bytes = 0;
  private running = 0;

  constructor(options: TierWritesOptions) {
    this.options = options;
  }

  /** @returns False when there is no room, or one of its key is on its way already. */
  add(write: TierWrite): boolean {
    const { entry, key } = write;
    const { bytesMax, countMax } = this.options;
    if (this.keys.size >= countMax || this.bytes + entry.available > bytesMax || this.keys.has(key)) {
      entry.release();
      return false;
    }
    this.keys.add(key);
    this.bytes += entry.available;
    this.waiting.push(write);
    this.next();
    return true;
  }

  /** Whether one of this key is on its way. */
  has(key: string): boolean {
    return this.keys.has(key);
  }

  /** What waits is given up; what is under way ends. */
  close(): void {
    for (const write of this.waiting.splice(0)) this.done(write);
  }

  private next(): void {
    while (this.running < AT_ONCE) {
      const write = this.waiting.shift();
      if (write === undefined) return;
      this.running++;
      void this.options.write(write).finally(() => {
        this.running--;
        this.done(write);
        this.next();
      });
    }
  }

  private done({ key, entry }: TierWrite): void {
    this.keys.delete(key);
    this.bytes -= entry.available;
    entry.release();
  }
}
