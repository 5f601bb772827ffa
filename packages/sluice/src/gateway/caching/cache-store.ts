/** One of the caches in one worker: its memory tier, what stands behind it, who fetches what here, and what is told of it. Shared by all routes that use it, over plans. */
import type { EntryMeta, EntryWriter, MemoryEntry, MemoryStore } from '../../core/caching/memory/memory-store.ts';
import type { Client } from '../exchange/exchange.ts';
import type { SharedPart } from '../filters/shared-parts.ts';
import type { Sweepable } from '../sweeper.ts';
import type { WorkerContext } from '../worker-context.ts';
import { ReadyTexts } from './hit-renderer.ts';
import type { RunningFetch } from './running-fetch.ts';
import type { Tier, TierEntry } from './tiers.ts';
import { workerMemory } from './worker-memory.ts';

/** A cache that has no room is told of this often. */
const TOLD_EVERY_MS = 60_000;
/** What a tier has of more than this is not waited for. */
const SHOWN_AT_ONCE_BYTES = 160 * 1024;

/** Memory that a socket may still read from. */
interface Lent {
  readonly client: Client;
  readonly entry: MemoryEntry;
}

export interface CacheStoreInit {
  readonly worker: WorkerContext;
  /** Of the cache, in the configuration. */
  readonly name: string;
  readonly objectBytesMax: number;
  /** As `createMemoryStore` made it. */
  readonly buffer: SharedArrayBuffer;
  /** Nearest first. */
  readonly tiers: readonly Tier[];
}

export class CacheStore implements SharedPart, Sweepable {
  readonly memory: MemoryStore;
  readonly objectBytesMax: number;
  /** Fetches of this worker under way, by the key that they fill. */
  readonly fetches = new Map<string, RunningFetch>();
  readonly ready = new ReadyTexts();
  /** What stands behind memory, nearest first. */
  readonly tiers: readonly Tier[];
  /** Looked at with each sweep. */
  readonly deadline = 0;
  sweepIndex = -1;
  private readonly name: string;
  private readonly worker: WorkerContext;
  private lent: Lent[] = [];
  private toldAt = -Infinity;
  private unkept = 0;

  constructor({ worker, name, objectBytesMax, buffer, tiers }: CacheStoreInit) {
    this.worker = worker;
    this.name = name;
    this.objectBytesMax = objectBytesMax;
    this.tiers = tiers;
    this.memory = workerMemory(buffer, worker.index);
  }

  /** Looks for a key behind memory, and puts into memory what is there. @returns Where it lay, when memory may be looked at; null: nowhere. */
  async fetchFromTiers(key: string): Promise<Tier['detail'] | null> {
    for (const tier of this.tiers) {
      const found = await tier.find(key);
      if (found !== null && (await this.promote(key, tier, found))) return tier.detail;
    }
    return null;
  }

  /** Offers the tiers what memory has under a key. */
  offer(key: string, meta: EntryMeta): void {
    if (this.tiers.length === 0) return;
    const entry = this.memory.peek(key);
    if (entry === null) return;
    for (const tier of this.tiers) {
      entry.retain();
      tier.store(key, meta, entry);
    }
    entry.release();
  }

  /** Lets an entry go when the client's socket has taken what was lent of it. */
  releaseWhenSent(client: Client, entry: MemoryEntry): void {
    if (!client.holdsBytes) return entry.release();
    if (this.lent.length === 0) this.worker.sweeper.add(this);
    this.lent.push({ client, entry });
  }

  onDeadline(): void {
    this.lent = this.lent.filter(({ client, entry }) => {
      if (client.holdsBytes) return true;
      entry.release();
      return false;
    });
    if (this.lent.length === 0) this.worker.sweeper.remove(this);
  }

  /** A reply that might be kept was not: too large for the cache, or all that it has is in use. */
  noteUnkept(key: string, bytes: number): void {
    this.unkept++;
    const now = this.worker.clock.now();
    if (now - this.toldAt < TOLD_EVERY_MS) return;
    this.toldAt = now;
    const url = key.slice(0, Math.min(200, key.indexOf('\n')));
    this.worker.event('warn', 'cache: reply not kept', {
      cache: this.name,
      url,
      bytes,
      times: this.unkept,
      objectBytesMax: this.objectBytesMax,
    });
    this.unkept = 0;
  }

  /** What is large is shown at once, and served while it comes. */
  private async promote(key: string, tier: Tier, found: TierEntry): Promise<boolean> {
    const writer = this.memory.begin(key, found.meta);
    if (writer === null) {
      found.discard();
      return false;
    }
    const isLarge = found.meta.bodyBytes > SHOWN_AT_ONCE_BYTES;
    if (isLarge) writer.publish();
    const filled = this.fill(key, tier, found, writer);
    return isLarge || (await filled);
  }

  /** @returns Whether it came to its end; never rejects. */
  private async fill(key: string, tier: Tier, { meta, body }: TierEntry, writer: EntryWriter): Promise<boolean> {
    const { entry } = writer;
    try {
      for await (const piece of body) if (!writer.append(piece, 0, piece.length)) return false;
    } catch {
      writer.abort(); // who reads it is cut off; the tier knows what is wrong
      return false;
    }
    entry.retain();
    writer.finish();
    const isWhole = entry.state === 'whole';
    for (const nearer of this.tiers) {
      if (nearer === tier || !isWhole) break;
      entry.retain();
      nearer.store(key, meta, entry);
    }
    entry.release();
    return isWhole;
  }

  /** What sockets still read stays theirs. */
  close(): void {
    for (const tier of this.tiers) tier.close?.();
  }
}
