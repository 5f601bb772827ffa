/** Puts what was fetched into the memory tier: the entry, and where its replies vary the mark that leads to it. */
import type { Timestamp } from '../../base/time.ts';
import type { EntryMeta, EntryWriter, MemoryStore } from '../../core/caching/memory/memory-store.ts';
import type { CacheRules } from './cache-rules.ts';
import type { CacheStore } from './cache-store.ts';
import { PASS_MARK, VARY } from './entry-view.ts';
import type { Keeping } from './keeping.ts';
import type { SentFields } from './origin-request.ts';
import { markFor, markText, readMark, type VaryMark, variantOf } from './vary-mark.ts';

/** Where a fetch belongs. */
export interface KeepPlace {
  /** Under which it was looked for, and claimed. */
  readonly key: string;
  /** Without what tells variants apart. */
  readonly primary: string;
  /** That was found there. */
  readonly mark: VaryMark | null;
  /** The request as the service saw it. */
  readonly sent: SentFields;
  /** A tag by which all that lies under the URL is found; null: its key shows it. */
  readonly ownTag: string | null;
  /** The clock of purges when the fetch began: what a claim says of the claimed key holds for the others, under which it is kept as well. */
  readonly since: number;
}

export interface KeptEntry {
  readonly key: string;
  readonly meta: EntryMeta;
  readonly writer: EntryWriter;
}

/** Begins the entry and shows it. `room`: it does not fit, or all memory is in use; `vary`: the replies of its key vary by too much; `gone`: the mark under which it was fetched was purged since. */
export function keepEntry(
  store: CacheStore,
  rules: CacheRules,
  place: KeepPlace,
  { meta, names }: Extract<Keeping, { keep: true }>,
  random: () => number,
): KeptEntry | 'room' | 'vary' | 'gone' {
  const { memory } = store;
  if (names.length === 0 && place.mark === null) return begin(memory, place.primary, meta, place.since) ?? 'room';
  if (place.mark !== null && !isThere(memory, place.primary, place.mark)) return 'gone';
  const newId = (): string => Math.floor(random() * 2 ** 52).toString(36);
  const before = place.mark !== null && place.mark.count >= rules.plan.variantsMax ? null : place.mark;
  const mark = markFor(before, before === null ? [...new Set([...names, ...(place.mark?.names ?? [])])].sort() : names, newId);
  if (mark === null) return 'vary';
  const key = variantOf(place.primary, mark, place.sent);
  const known = mark === place.mark ? memory.peek(key) : null;
  const kept = begin(memory, key, meta, place.since);
  if (kept !== null && known === null) {
    const head = markText({ ...mark, count: mark.count + 1 });
    const shown = markMeta({ kind: VARY, head, receivedAt: meta.receivedAt, freshForMs: Number.MAX_SAFE_INTEGER });
    memory.begin(place.primary, shown, place.since)?.finish(); // where there is no room the next request finds nothing, and asks
    store.offer(place.primary, shown);
  }
  known?.release();
  return kept ?? 'room';
}

/** Remembers that nobody is to wait for replies under this key. */
export function keepPassMark({ memory }: CacheStore, key: string, now: Timestamp, passMs: number): void {
  memory.begin(key, markMeta({ kind: PASS_MARK, head: '', receivedAt: now, freshForMs: passMs }))?.finish();
}

/** Whether variants are still found by this mark: shown again after a purge, it would bring back those that the purge meant. */
function isThere(memory: MemoryStore, primary: string, { id }: VaryMark): boolean {
  const entry = memory.peek(primary);
  const isSame = entry !== null && entry.kind === VARY && readMark(entry.head).id === id;
  entry?.release();
  return isSame;
}

function begin(memory: MemoryStore, key: string, meta: EntryMeta, since: number): KeptEntry | null {
  const writer = memory.begin(key, meta, since);
  if (writer === null) return null;
  writer.publish();
  return { key, meta, writer };
}

/** A mark has no content, and nothing of a reply. */
function markMeta(mark: Pick<EntryMeta, 'kind' | 'head' | 'receivedAt' | 'freshForMs'>): EntryMeta {
  return { status: 0, flags: 0, initialAgeMs: 0, staleWhileRevalidateMs: 0, staleIfErrorMs: 0, tags: [], bodyBytes: 0, ...mark };
}
