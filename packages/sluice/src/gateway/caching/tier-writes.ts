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
  /** What came after the one of its key that is on its way. */
  private readonly newer = new Map<string, TierWrite>();
  private isClosed = false;
  private bytes = 0;
  private running = 0;

  constructor(options: TierWritesOptions) {
    this.options = options;
  }

  /** Behind one of its key that is on its way; in place of one that waits behind that. @returns False when there is no room. */
  add(write: TierWrite): boolean {
    const { entry, key } = write;
    const { bytesMax, countMax } = this.options;
    if (this.keys.size >= countMax || this.bytes + entry.available > bytesMax) {
      entry.release();
      return false;
    }
    this.bytes += entry.available;
    if (this.keys.has(key)) {
      const before = this.newer.get(key);
      if (before !== undefined) this.letGo(before);
      this.newer.set(key, write);
      return true;
    }
    this.keys.add(key);
    this.waiting.push(write);
    this.next();
    return true;
  }

  /** Gives up what waits behind another of its key. @returns Whether that other is on its way. */
  forget(key: string): boolean {
    const newer = this.newer.get(key);
    if (newer !== undefined) this.letGo(newer);
    this.newer.delete(key);
    return this.keys.has(key);
  }

  /** What waits is given up; what is under way ends. */
  close(): void {
    this.isClosed = true;
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

  private done(write: TierWrite): void {
    const { key } = write;
    this.letGo(write);
    const newer = this.newer.get(key);
    this.newer.delete(key);
    if (newer === undefined) this.keys.delete(key);
    else if (this.isClosed) this.done(newer);
    else this.waiting.push(newer);
  }

  private letGo({ entry }: TierWrite): void {
    this.bytes -= entry.available;
    entry.release();
  }
}
