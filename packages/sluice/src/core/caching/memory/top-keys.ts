/**
 * The keys that are used most: looks at every slot, 1,024 at a time under the lock, and keeps the best so far in order. A key is read only when it is among them, which for n slots happens
 * about `limit` × ln(n / limit) times. About 30 ns a slot; nothing is counted as a use.
 */
import { isWideShape, keyAt, kindOf, statusOf } from './entry-meta.ts';
import { tagWords } from './memory-entry.ts';
import {
  AVAILABLE,
  BORN,
  DOOMED,
  FILL,
  FRESH_FOR,
  HEAD_CHAIN,
  HITS,
  INITIAL_AGE,
  KEY_LENGTH,
  MARKS,
  RECEIVED_AT,
  SHAPE,
  SLOT_FLOATS,
  SLOTS_USED,
  SOFT,
  STATE,
  WHOLE,
} from './memory-layout.ts';
import { GONE, STALE } from './purge-book.ts';
import { isLive } from './slot-index.ts';
import type { StoreParts } from './store-parts.ts';

const SLOTS_AT_ONCE = 1_024;
/** A thread may hold the lock and be gone: what was seen until then is the answer. */
const WAIT_MS = 250;

/** A whole reply in the store. */
export interface StoredKey {
  readonly key: string;
  /** As `MemoryEntry.hits`. */
  readonly hits: number;
  readonly status: number;
  /** Of its body. */
  readonly bytes: number;
  /** Wall milliseconds, as `receivedAt` counts them. */
  readonly freshUntil: number;
  /** Purged softly. */
  readonly isPurged: boolean;
}

/** The most used first. @param limit 1 or more. */
export function topKeys(parts: StoreParts, limit: number): readonly StoredKey[] {
  const { words } = parts.views;
  const top: StoredKey[] = [];
  for (let first = 0; first < words[SLOTS_USED]!; first += SLOTS_AT_ONCE) {
    if (!parts.lock.lockWithin(WAIT_MS)) break;
    parts.thenUnlock(() => {
      const end = Math.min(first + SLOTS_AT_ONCE, words[SLOTS_USED]!);
      for (let slot = first; slot < end; slot++) look(parts, slot, top, limit);
    });
  }
  return top;
}

function look(parts: StoreParts, slot: number, top: StoredKey[], limit: number): void {
  const { words } = parts.views;
  const base = parts.index.base(slot);
  if (!isLive(words[base + STATE]!) || words[base + FILL] !== WHOLE || kindOf(words[base + SHAPE]!) !== 0) return;
  const hits = words[base + HITS]!;
  if (top.length === limit && hits <= top[limit - 1]!.hits) return;
  const reach = parts.purges.reaches(words[base + BORN]!, tagWords(parts, base));
  if (reach === GONE || (words[base + MARKS]! & DOOMED) !== 0) return;
  let at = top.length;
  while (at > 0 && top[at - 1]!.hits < hits) at--;
  top.splice(at, 0, read(parts, slot, base, reach === STALE || (words[base + MARKS]! & SOFT) !== 0));
  if (top.length > limit) top.pop();
}

function read({ views, cursor, decode }: StoreParts, slot: number, base: number, isPurged: boolean): StoredKey {
  const { words, floats, slotFloatsAt } = views;
  const shape = words[base + SHAPE]!;
  const first = slotFloatsAt + slot * SLOT_FLOATS;
  cursor.open(words[base + HEAD_CHAIN]! - 1);
  cursor.skip(keyAt(shape));
  const length = words[base + KEY_LENGTH]!;
  return {
    key: isWideShape(shape) ? cursor.wideText(length) : cursor.text(length, decode),
    hits: words[base + HITS]!,
    status: statusOf(shape),
    bytes: words[base + AVAILABLE]!,
    freshUntil: floats[first + RECEIVED_AT]! - floats[first + INITIAL_AGE]! + floats[first + FRESH_FOR]!,
    isPurged,
  };
}
