/** What there is for a request: under its key, or where replies vary, under the key of its variant. One for each route and worker: the request's fields are looked at in place. */
import type { Fields } from '../../core/caching/http/fields.ts';
import type { MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import type { RequestPass } from '../filters/filter.ts';
import type { CacheKeys } from './cache-key.ts';
import type { CacheStore } from './cache-store.ts';
import { VARY } from './entry-view.ts';
import { RequestFields } from './request-facts.ts';
import { readMark, type VaryMark, variantOf } from './vary-mark.ts';

/** Of a key, in characters: the store's bound, with room for what tells variants apart. */
const KEY_LENGTH_MAX = 12_000;
const STORE_KEY_LENGTH_MAX = 16_384;

/** What was found for a request. */
export interface Found {
  readonly key: string;
  /** Without what tells variants apart. */
  readonly primary: string;
  /** Null: there are no variants. */
  readonly mark: VaryMark | null;
  /** Pinned. */
  readonly entry: MemoryEntry | null;
}

export class EntryFinder {
  readonly keys: CacheKeys;
  private readonly store: CacheStore;
  private readonly fields = new RequestFields();

  constructor(store: CacheStore, keys: CacheKeys) {
    this.store = store;
    this.keys = keys;
  }

  /** The fields of a request, until this is asked for those of another. */
  fieldsOf(pass: RequestPass): Fields {
    this.fields.view = pass.view;
    return this.fields;
  }

  /** Null: the key is longer than the store takes. */
  find(pass: RequestPass): Found | null {
    const { memory } = this.store;
    const fields = this.fieldsOf(pass);
    const primary = this.keys.of(pass, fields);
    if (primary.length > KEY_LENGTH_MAX) return null;
    const entry = memory.find(primary);
    if (entry === null || entry.kind !== VARY) return { key: primary, primary, mark: null, entry };
    const mark = readMark(entry.head);
    entry.release();
    const key = variantOf(primary, mark, fields);
    if (key.length > STORE_KEY_LENGTH_MAX) return null;
    return { key, primary, mark, entry: memory.find(key) };
  }

  /** Whether there is something else by now: whoever fetched it before has just finished. */
  hasChanged({ key, entry }: Found): boolean {
    const now = this.store.memory.peek(key);
    if (now === null) return false;
    const isSame = entry !== null && entry.slot === now.slot && entry.sequence === now.sequence;
    now.release();
    return !isSame;
  }
}
