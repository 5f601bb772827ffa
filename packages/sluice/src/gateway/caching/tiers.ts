/**
 * What may stand behind memory: a disk, a store that all nodes share. Memory asks it when it has nothing, and tells it of what it has kept. A tier is slow beside memory, so a request waits
 * for its answer; and it may fail at any time, which is a miss and no more. Every promise settles in bounded time and never rejects.
 */
import type { EntryMeta } from '../../core/caching/memory/memory-store.ts';
import type { SharedPart } from '../filters/shared-parts.ts';

/** A reply that a tier has. */
export interface TierEntry {
  readonly meta: EntryMeta;
  /** Whole; `meta.bodyBytes` long. Pieces are copied by who reads them before the next one is asked for. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Tier extends SharedPart {
  /** Where it lies, in the words of the verdicts (`hit-disk`, `hit-shared`). */
  readonly detail: 'disk' | 'shared';
  /** Null: nothing, or nothing that can be read in time. */
  find(key: string): Promise<TierEntry | null>;
  /**
   * Takes what memory has just kept.
   * @param body Copies of its pieces, read as they are asked for; not asked for after `false`, or after an error.
   */
  store(key: string, meta: EntryMeta, body: Iterable<Uint8Array>): void;
  /** The entry of a key is gone: an unsafe request has changed what it says (RFC 9111 §4.4). */
  remove(key: string): void;
}
