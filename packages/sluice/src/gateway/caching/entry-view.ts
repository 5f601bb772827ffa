/** An entry of the memory tier as the rules of HTTP see it (`StoredReply`). One is pointed at one entry after the other: a hit makes no object. */
import { timestamp, type Timestamp } from '../../base/time.ts';
import { SOFT_PURGED, type StoredKind, type StoredReply } from '../../core/caching/http/stored-reply.ts';
import type { MemoryEntry } from '../../core/caching/memory/memory-store.ts';

/** By the store's numbers. */
const KINDS: readonly StoredKind[] = ['reply', 'vary', 'pass'];
export const REPLY = 0;
export const VARY = 1;
export const PASS_MARK = 2;

export class EntryView implements StoredReply {
  kind: StoredKind = 'reply';
  status = 0;
  receivedAt: Timestamp = timestamp(0);
  initialAgeMs = 0;
  freshForMs = 0;
  staleWhileRevalidateMs = 0;
  staleIfErrorMs = 0;
  flags = 0;
  head = '';
  bodyBytes = 0;

  of(entry: MemoryEntry): this {
    this.kind = KINDS[entry.kind]!;
    this.status = entry.status;
    this.receivedAt = timestamp(entry.receivedAt);
    this.initialAgeMs = entry.initialAgeMs;
    this.freshForMs = entry.freshForMs;
    this.staleWhileRevalidateMs = entry.staleWhileRevalidateMs;
    this.staleIfErrorMs = entry.staleIfErrorMs;
    this.flags = entry.isStale ? entry.flags | SOFT_PURGED : entry.flags;
    this.head = entry.head;
    this.bodyBytes = entry.bodyBytes;
    return this;
  }
}

/** Between field lines and tags in a kept head: in neither of them. */
const TAGS = '\0';

/** Field lines and tags as one text: a 304 that says nothing of tags leaves them as they were. */
export function keptHead(fields: string, tags: readonly string[]): string {
  return tags.length === 0 ? fields : fields + TAGS + tags.join('\n');
}

/** The field lines of a kept head. */
export function fieldsOf(head: string): string {
  const end = head.lastIndexOf(TAGS);
  return end < 0 ? head : head.slice(0, end);
}

/** The tags of a kept head. */
export function tagsOf(head: string): readonly string[] {
  const end = head.lastIndexOf(TAGS);
  return end < 0 ? [] : head.slice(end + 1).split('\n');
}

/** Those that the service gave it: none of them has a line end or begins like the ones by which we find all that lies under a URL (`cache-key.ts`). */
export function shownTags(head: string): readonly string[] {
  return tagsOf(head).filter((tag) => !tag.startsWith('uri ') && !tag.startsWith('@'));
}
