/** Whether a reply that comes from the service is kept, and what is kept of it: the rules of HTTP (`core/caching/http`) in the order in which a fetch asks them. Nothing is done here. */
import { effectiveControl } from '../../core/caching/http/effective-control.ts';
import { type Fields, TextFields } from '../../core/caching/http/fields.ts';
import { freshnessOf, isWorthStoring } from '../../core/caching/http/freshness.ts';
import { mayStore, omittedFields, type Refusal } from '../../core/caching/http/storability.ts';
import { storedHead } from '../../core/caching/http/stored-head.ts';
import { isSameRepresentation, updatedHead } from '../../core/caching/http/update.ts';
import { isKeyedCoding, varyNames } from '../../core/caching/http/vary.ts';
import type { EntryMeta, MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import type { Timestamp } from '../../base/time.ts';
import { httpDate } from '../exchange/http-date.ts';
import type { CacheRules } from './cache-rules.ts';
import { fieldsOf, keptHead, tagsOf } from './entry-view.ts';

/** Bounds of the store. */
const HEAD_LENGTH_MAX = 200_000;
const TAGS_MAX = 63;
const TAG_LENGTH_MAX = 256;

/** Codings that servers choose by Accept-Encoding (IANA HTTP Content Coding Registry); any other has not been chosen by it. */
const NEGOTIATED = /(?:^|[\s,])(?:x-)?(?:gzip|compress|deflate|br|zstd|dcb|dcz|exi|pack200-gzip|aes128gcm)(?:[\s,]|$)/i;

/** A reply's head as it came. */
export interface CameHead {
  readonly status: number;
  /** End-to-end field lines, each with CRLF. */
  readonly text: string;
  /** -1 while unknown. */
  readonly bodyBytes: number;
  readonly requestedAt: Timestamp;
  readonly receivedAt: Timestamp;
}

/** The request that it answers. */
export interface KeptRequest {
  readonly fields: Fields;
  /** It was made for somebody in particular: a reply that does not say otherwise is theirs alone. */
  readonly isPersonal: boolean;
}

export type Keeping =
  | { readonly keep: true; readonly meta: EntryMeta; /** That it varies by. */ readonly names: readonly string[] }
  | { readonly keep: false; readonly reason: Refusal | 'tags' | 'head' };

export function keepingOf(rules: CacheRules, request: KeptRequest, head: CameHead, ownTag: string | null): Keeping {
  const { status, text } = head;
  const fields = new TextFields(text);
  const control = effectiveControl(fields, rules.plan.targetedFields);
  const decision = mayStore(
    { method: 'GET', fields: storeFields(request) },
    { status, fields, control, isComplete: true },
    rules.storability,
  );
  if (!decision.store) return { keep: false, reason: decision.reason };
  const { requestedAt, receivedAt } = head;
  const times = freshnessOf({ status, fields, age: fields.get('age'), control, requestedAt, receivedAt }, rules.freshness);
  if (!isWorthStoring(times)) return { keep: false, reason: 'no-freshness' };
  const names = selectingNames(fields);
  if (names === null) return { keep: false, reason: 'vary' };
  const stored = storedHead(text, [...decision.omit, ...rules.plan.tagFields], httpDate(receivedAt));
  const tags = [...new Set([...stored.tags, ...otherTags(rules.plan.tagFields, fields)])];
  if (tags.length > TAGS_MAX) return { keep: false, reason: 'tags' };
  if (ownTag !== null) tags.push(ownTag);
  const kept = keptHead(stored.head, tags);
  if (kept.length > HEAD_LENGTH_MAX) return { keep: false, reason: 'head' };
  return { keep: true, names, meta: { kind: 0, status, receivedAt, ...times, head: kept, tags, bodyBytes: head.bodyBytes } };
}

/** Whether an entry may be kept still with the head that a 304 or a HEAD has made of it: what it says now of being kept holds (RFC 9111 §3.2). @param selecting Names that its key tells apart. */
export function mayRefresh(rules: CacheRules, request: KeptRequest, { status, head }: EntryMeta, selecting: readonly string[]): boolean {
  const fields = new TextFields(fieldsOf(head));
  const control = effectiveControl(fields, rules.plan.targetedFields);
  const asked = { method: 'GET', fields: storeFields(request) };
  const names = selectingNames(fields);
  const isFound = names !== null && names.every((name) => selecting.includes(name));
  return isFound && mayStore(asked, { status, fields, control, isComplete: true }, rules.storability).store;
}

/** What a 304 makes of the entry that it was asked about (RFC 9111 §4.3.4); null when it is about another one, or too long together with it. */
export function refreshedMeta(rules: CacheRules, entry: MemoryEntry, came: CameHead): EntryMeta | null {
  const old = fieldsOf(entry.head);
  const fresh = new TextFields(came.text);
  if (!isSameRepresentation(new TextFields(old), fresh)) return null;
  const { requestedAt, receivedAt } = came;
  const before = effectiveControl(fresh, rules.plan.targetedFields);
  const omitted = [...omittedFields(before, rules.storability), ...rules.plan.tagFields];
  const head = updatedHead(old, came.text, omitted, httpDate(receivedAt));
  const fields = new TextFields(head);
  const control = effectiveControl(fields, rules.plan.targetedFields);
  const times = freshnessOf({ status: entry.status, fields, age: fresh.get('age'), control, requestedAt, receivedAt }, rules.freshness);
  const tags = tagsOf(entry.head);
  const kept = keptHead(head, tags);
  if (kept.length > HEAD_LENGTH_MAX) return null;
  return { kind: 0, status: entry.status, receivedAt, ...times, head: kept, tags, bodyBytes: entry.bodyBytes };
}

/** Whoever was asked for in person counts as with Authorization (RFC 9111 §3.5). */
function storeFields({ fields, isPersonal }: KeptRequest): Fields {
  return { get: (name) => (name === 'authorization' ? (isPersonal ? '' : null) : fields.get(name)) };
}

/** By Vary; a reply that is coded without saying so is taken to vary by Accept-Encoding: else who cannot read it would get it. Null: it cannot be matched. */
function selectingNames(fields: Fields): readonly string[] | null {
  const listed = varyNames(fields.get('vary'));
  if (listed === '*') return null;
  const coding = fields.get('content-encoding');
  const isSilent = coding !== null && NEGOTIATED.test(coding) && !listed.includes('accept-encoding');
  const names = isSilent ? [...listed, 'accept-encoding'].sort() : listed;
  return isKeyedCoding(names, coding) ? names : null;
}

/** Tags in fields beside those that `storedHead` reads. */
function otherTags(names: readonly string[], fields: Fields): readonly string[] {
  return names
    .filter((name) => name !== 'surrogate-key' && name !== 'cache-tag')
    .flatMap((name) => (fields.get(name) ?? '').split(/[ \t,]+/))
    .filter((tag) => tag !== '' && tag.length <= TAG_LENGTH_MAX);
}
