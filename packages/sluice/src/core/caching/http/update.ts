/**
 * What a 304, or a 200 to HEAD, does to a stored reply (RFC 9111 §3.2, §4.3.4, §4.3.5). Fields of the new head replace those of the same
 * name, others stay. Never replaced: what storage leaves out, Content-Length, and Content-Encoding and Content-Range, which say how the
 * stored bytes are to be read: changing them without the bytes would spoil the reply (§3.2, "to assure integrity").
 */
import { isWeakTag, matchesStrongly, matchesWeakly } from './entity-tag.ts';
import { type Fields, lineAfter, lineName } from './fields.ts';
import { storedHead, withoutFields } from './stored-head.ts';

/** Say how the stored bytes are to be read. Lower case. */
const OF_THE_BYTES: readonly string[] = ['content-encoding', 'content-range'];

/**
 * Whether a 304 is about this stored reply (RFC 9111 §4.3.4). When it is not, it must not update anything: the request is sent again without
 * conditions. A 304 without any validator answers our own conditional request, which named this reply alone, and so counts as its.
 */
export function isSameRepresentation(stored: Fields, notModified: Fields): boolean {
  const tag = notModified.get('etag');
  if (tag !== null) {
    const ours = stored.get('etag') ?? '';
    return isWeakTag(tag) ? matchesWeakly(tag, ours) : matchesStrongly(tag, ours);
  }
  const modified = notModified.get('last-modified');
  return modified === null || modified === stored.get('last-modified');
}

/**
 * The stored head after a 304 or a HEAD.
 * @param head As `storedHead` made it.
 * @param text Field lines of the new reply, as received.
 * @param omit Names to leave out beside those of `storedHead`, lower case (`omittedFields`).
 * @param date A Date for a reply that has none, or its age would be that of the old one; null to keep the old.
 */
export function updatedHead(head: string, text: string, omit: readonly string[], date: string | null): string {
  const fresh = storedHead(text, omit.concat(OF_THE_BYTES), date).head;
  const replaced = new Set<string>();
  for (let at = 0; at < fresh.length; at = lineAfter(fresh, at)) replaced.add(lineName(fresh, at));
  return withoutFields(head, [...replaced]) + fresh;
}

/** What a reply to HEAD says about a stored reply to GET: `update` it, hold it `invalid` until validated, or nothing. */
export type HeadEffect = 'update' | 'invalidate' | 'none';

/** The head of a reply. */
export interface ReplyHead {
  readonly status: number;
  readonly fields: Fields;
}

/**
 * RFC 9111 §4.3.5. Validators that the new head has must be the stored ones, and so must its length; with any difference the
 * stored reply is out of date. Only a stored 200 is compared, and only with a 200.
 * @param bodyBytes Length of the stored content.
 */
export function effectOfHead(stored: ReplyHead, bodyBytes: number, { status, fields }: ReplyHead): HeadEffect {
  if (status !== 200 || stored.status !== 200) return 'none';
  const tag = fields.get('etag');
  if (tag !== null && tag !== stored.fields.get('etag')) return 'invalidate';
  const modified = fields.get('last-modified');
  if (modified !== null && modified !== stored.fields.get('last-modified')) return 'invalidate';
  const length = fields.get('content-length');
  return length !== null && contentLength(length) !== bodyBytes ? 'invalidate' : 'update';
}

/** A length in bytes, or -1. */
function contentLength(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : -1;
}
