/**
 * What may stand behind memory: a disk, a store that all nodes share. Memory asks it when it has nothing, and tells it of what it has kept. A tier is slow beside memory, so a request waits
 * for its answer; and it may fail at any time, which is a miss and no more. Every promise settles in bounded time and never rejects.
 */
import type { EntryMeta, MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import type { SharedPart } from '../filters/shared-parts.ts';
import { PASS_MARK } from './entry-view.ts';

/** A reply that a tier has. */
export interface TierEntry {
  readonly meta: EntryMeta;
  /** `meta.bodyBytes` long, every piece checked; throws where it does not come to its end. Pieces are copied by who reads them before the next one is asked for. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Instead of reading it. */
  discard(): void;
}

export interface Tier extends SharedPart {
  /** Where it lies, in the words of the verdicts (`hit-disk`, `hit-shared`). */
  readonly detail: 'disk' | 'shared';
  /** Null: nothing, or nothing that can be read in time. */
  find(key: string): Promise<TierEntry | null>;
  /** Takes what memory has just kept, in its own time. @param entry Pinned for it: it lets go, whether it takes it or not. Whole, or nothing comes of it. */
  store(key: string, meta: EntryMeta, entry: MemoryEntry): void;
  /** The entry of a key is gone: an unsafe request has changed what it says (RFC 9111 §4.4). @param tag One that all have which lies under the URL, where one key does not show them all. */
  remove(key: string, tag?: string): void;
}

/** The body of an entry that is whole and pinned, a bit at a time. */
export function* bodyOf(entry: MemoryEntry): Generator<Uint8Array> {
  const { available } = entry;
  for (let at = 0; at < available; at += PIECE_BYTES) yield* entry.pieces(at, Math.min(available, at + PIECE_BYTES));
}

const PIECE_BYTES = 65_536;

/** Whether it lives for so long, and is no note of this moment. */
export function isWorthKeeping({ kind, freshForMs, initialAgeMs, staleWhileRevalidateMs }: EntryMeta, worthMs: number): boolean {
  return kind !== PASS_MARK && freshForMs - initialAgeMs + staleWhileRevalidateMs >= worthMs;
}
