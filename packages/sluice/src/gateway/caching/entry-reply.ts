/**
 * What a client gets of an entry: all of it, a 304, some ranges, or the word that there are none such (RFC 9110 §13, §14). Small, whole replies of popular entries go another way
 * (`hit-renderer.ts`).
 */
import { allowsRange, evaluateConditions, type Selected } from '../../core/caching/http/conditional.ts';
import { type Fields, TextFields } from '../../core/caching/http/fields.ts';
import { contentRangeLine, multipartFrame, rangeOf, unsatisfiedRangeLine } from '../../core/caching/http/range.ts';
import { headOfNotModified, withoutFields } from '../../core/caching/http/stored-head.ts';
import { timestamp } from '../../base/time.ts';
import { reasonPhrase } from '../../core/http1/reason-phrase.ts';
import type { MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { CacheStore } from './cache-store.ts';
import { EntrySource, type Segment } from './entry-source.ts';
import { fieldsOf } from './entry-view.ts';

/** A reply that is to be sent. */
export interface EntryReply {
  readonly exchange: Exchange;
  /** Pinned: who sends lets go. */
  readonly entry: MemoryEntry;
  /** The client's conditions and ranges; null: it has none. */
  readonly asked: Fields | null;
  /** Field lines instead of the entry's own; null: those. */
  readonly fields: string | null;
  /** Age, Cache-Status and the like, each with CRLF. */
  readonly lines: string;
  /** For the boundary between parts. */
  readonly random: () => number;
}

interface Shape {
  readonly head: string;
  readonly segments: readonly Segment[];
}

const NOTHING: readonly Segment[] = [];

/** Sends it, now or as it comes. @returns What sends it. */
export function sendEntry(store: CacheStore, reply: EntryReply): EntrySource {
  const { exchange, entry } = reply;
  const { head, segments } = shapeOf(reply);
  const source = new EntrySource(store, exchange, entry);
  source.start(head, exchange.isHead ? NOTHING : segments);
  return source;
}

function shapeOf(reply: EntryReply): Shape {
  const { entry, asked } = reply;
  const fields = reply.fields ?? fieldsOf(entry.head);
  if (asked === null) return whole(reply, fields);
  const selected: Selected = { status: entry.status, fields: new TextFields(fields), receivedAt: timestamp(entry.receivedAt) };
  if (evaluateConditions(selected, asked) === 'not-modified') return notModified(reply, fields);
  const range = asked.get('range');
  const isRanged = range !== null && entry.status === 200 && entry.bodyBytes >= 0 && allowsRange(selected, asked) && !reply.exchange.isHead;
  return isRanged ? ranged(reply, fields, range) : whole(reply, fields);
}

function whole({ entry, lines }: EntryReply, fields: string): Shape {
  const { bodyBytes, status } = entry;
  const framing = status === 204 ? '' : bodyBytes >= 0 ? `Content-Length: ${bodyBytes}\r\n` : 'Transfer-Encoding: chunked\r\n';
  const segments = bodyBytes === 0 || status === 204 ? NOTHING : [{ text: '', from: 0, to: bodyBytes >= 0 ? bodyBytes : -1 }];
  return { head: headText(status, fields + lines + framing), segments };
}

function notModified({ lines }: EntryReply, fields: string): Shape {
  return { head: headText(304, headOfNotModified(fields) + lines), segments: NOTHING };
}

function ranged(reply: EntryReply, fields: string, range: string): Shape {
  const { bodyBytes } = reply.entry;
  const verdict = rangeOf(range, bodyBytes);
  if (verdict.kind === 'whole') return whole(reply, fields);
  if (verdict.kind === 'unsatisfiable') {
    const text = withoutFields(fields, ['content-type', 'content-encoding', 'etag', 'last-modified']) + reply.lines;
    return { head: headText(416, `${text}${unsatisfiedRangeLine(bodyBytes)}Content-Length: 0\r\n`), segments: NOTHING };
  }
  if (verdict.kind === 'single') {
    const length = `Content-Length: ${verdict.end - verdict.start + 1}\r\n`;
    const text = fields + reply.lines + contentRangeLine(verdict, bodyBytes) + length;
    return { head: headText(206, text), segments: [{ text: '', from: verdict.start, to: verdict.end + 1 }] };
  }
  const boundary = `${Math.floor(reply.random() * 2 ** 52).toString(36)}${Math.floor(reply.random() * 2 ** 52).toString(36)}`;
  const frame = multipartFrame(verdict.parts, bodyBytes, new TextFields(fields).get('content-type'), boundary);
  const segments = verdict.parts.map(({ start, end }, index) => ({ text: frame.heads[index]!, from: start, to: end + 1 }));
  const text = `${withoutFields(fields, ['content-type'])}${reply.lines}Content-Type: ${frame.contentType}\r\nContent-Length: ${frame.totalBytes}\r\n`;
  return { head: headText(206, text), segments: [...segments, { text: frame.tail, from: 0, to: 0 }] };
}

/** A head whose fields are `text`. */
function headText(status: number, text: string): string {
  return `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n${text}\r\n`;
}
