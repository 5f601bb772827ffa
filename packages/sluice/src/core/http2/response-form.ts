/**
 * A decoded response as an HTTP/1.1 head (RFC 9113 §8.3.2). An origin is held to the same rules as a client. Content of unknown length is written as
 * `transfer-encoding: chunked`, none as `content-length: 0`, except where HTTP/1.1 derives it from the status or the method.
 */
import { reasonPhrase } from '../http1/reason-phrase.ts';
import { FieldLines } from './field-lines.ts';
import { equals } from './field-rules.ts';
import type { HeadBuffer } from './head-buffer.ts';
import type { DecodedFields } from './hpack/decoded-fields.ts';

/** One per worker. */
export class ResponseForm {
  status = 0;
  private readonly lines = new FieldLines();

  /** Content that has to follow: -1 when the head does not say; 0 where there is none whatever it says (HEAD, 204, 304). */
  expectedLength = -1;

  /**
   * Writes the head.
   * @param isEnd END_STREAM came with it.
   * @param isHead The request was HEAD.
   * @returns False: malformed.
   */
  write(fields: DecodedFields, isEnd: boolean, isHead: boolean, head: HeadBuffer): boolean {
    this.status = readStatus(fields);
    if (this.status < 0 || !this.lines.check(fields, 1)) return false;
    const { status } = this;
    const isInterim = status < 200;
    if (isInterim && (isEnd || status === 101)) return false; // §8.1, §8.6
    const isEmpty = isHead || status === 204 || status === 304;
    const named = this.lines.contentLength;
    if (isEnd && !isEmpty && named > 0) return false; // §8.1.1
    this.expectedLength = isEmpty ? 0 : named;
    head.reset();
    head.add('HTTP/1.1 ');
    head.copy(fields, fields.offsets[2]!, fields.offsets[3]!);
    head.add(' ');
    head.add(reasonPhrase(status)); // HTTP/1.1 clients are used to one
    head.add('\r\n');
    this.lines.copy(fields, 1, head);
    if (isInterim || isEmpty || named >= 0) head.add('\r\n');
    else head.add(isEnd ? 'content-length: 0\r\n\r\n' : 'transfer-encoding: chunked\r\n\r\n');
    return true;
  }
}

/** `:status` stands first and alone: three digits, 100..599. */
function readStatus(fields: DecodedFields): number {
  const { bytes, offsets, count } = fields;
  if (count === 0 || !equals(bytes, offsets[0]!, offsets[1]!, ':status')) return -1;
  const start = offsets[2]!;
  if (offsets[3]! - start !== 3) return -1;
  let status = 0;
  for (let at = start; at < start + 3; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    status = status * 10 + digit;
  }
  return status >= 100 && status <= 599 ? status : -1;
}
