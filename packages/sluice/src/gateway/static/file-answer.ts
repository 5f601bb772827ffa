/** What a request for a file that is there gets: the whole, a part or parts of it, or the word that nothing has changed (RFC 9110 §13, §14). As data; who sends it does so from memory or from the file. */
import { randomUUID } from 'node:crypto';
import type { Timestamp } from '../../base/time.ts';
import { allowsRange, type Selected } from '../../core/caching/http/conditional.ts';
import type { Fields } from '../../core/caching/http/fields.ts';
import { contentRangeLine, multipartFrame, rangeOf, unsatisfiedRangeLine } from '../../core/caching/http/range.ts';
import { judgePreconditions } from '../../core/static/preconditions.ts';
import { httpDate } from '../exchange/http-date.ts';
import type { FileInfo } from './file-info.ts';
import type { FilePart } from './file-reply.ts';

export interface FileAnswer {
  /** As `LocalReply.start` takes it. */
  readonly head: string;
  readonly parts: readonly FilePart[];
}

/** @param request Its fields; null: it has no condition and no range. */
export function answerWith(file: FileInfo, request: Fields | null, isHead: boolean, wall: Timestamp): FileAnswer {
  if (request === null) return whole(file);
  const selected = asSelected(file, wall);
  const verdict = judgePreconditions(selected, request);
  if (verdict === 'failed') return { head: 'HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n', parts: [] };
  if (verdict === 'not-modified') return { head: `HTTP/1.1 304 Not Modified\r\n${file.unchangedFields}\r\n`, parts: [] };
  // RFC 9110 §14.2: a range is for GET alone.
  if (isHead || !allowsRange(selected, request)) return whole(file);
  const range = rangeOf(request.get('range'), file.length);
  switch (range.kind) {
    case 'whole':
      return whole(file);
    case 'unsatisfiable':
      return { head: `HTTP/1.1 416 Range Not Satisfiable\r\n${unsatisfiedRangeLine(file.length)}Content-Length: 0\r\n\r\n`, parts: [] };
    case 'single': {
      const length = range.end - range.start + 1;
      const head = `HTTP/1.1 206 Partial Content\r\n${file.fields}${contentRangeLine(range, file.length)}Content-Length: ${length}\r\n\r\n`;
      return { head, parts: [{ start: range.start, end: range.end + 1 }] };
    }
    case 'multi': {
      const frame = multipartFrame(range.parts, file.length, file.type, randomUUID());
      const fields = file.fields.replace(`Content-Type: ${file.type}`, `Content-Type: ${frame.contentType}`);
      const parts = range.parts.flatMap(({ start, end }, index): FilePart[] => [
        { bytes: bytesOf(frame.heads[index]!) },
        { start, end: end + 1 },
      ]);
      return {
        head: `HTTP/1.1 206 Partial Content\r\n${fields}Content-Length: ${frame.totalBytes}\r\n\r\n`,
        parts: [...parts, { bytes: bytesOf(frame.tail) }],
      };
    }
  }
}

function whole(file: FileInfo): FileAnswer {
  return { head: `HTTP/1.1 200 OK\r\n${file.fields}Content-Length: ${file.length}\r\n\r\n`, parts: [{ start: 0, end: file.length }] };
}

function asSelected(file: FileInfo, wall: Timestamp): Selected {
  const date = httpDate(wall);
  const get = (name: string): string | null =>
    name === 'etag' ? file.tag : name === 'last-modified' ? file.lastModified : name === 'date' ? date : null;
  return { status: 200, fields: { get }, receivedAt: wall };
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
