/** A reply's head as it came from the service, as text: the fields that are meant for who asked, in their plain form, and how its content is framed. */
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import * as known from '../../core/http1/known-fields.ts';
import { copyFields, fieldPolicy, HOP_BY_HOP } from '../exchange/field-copy.ts';

const END_TO_END = fieldPolicy([...HOP_BY_HOP, known.ENDPOINT_LOAD_METRICS], [known.SET_COOKIE, known.DATE, known.VIA]);

/** Field lines, each with CRLF. */
export function endToEndLines(parser: ResponseParser, bytes: Buffer, start: number): string {
  const { fields, connection } = parser;
  return copyFields({
    fields,
    bytes,
    start: start + parser.fieldsStart,
    lead: 0,
    policy: END_TO_END,
    nominated: connection.nominated,
    drops: '',
  });
}

/** The line that frames its content; none where it ends with its connection. */
export function framingLines({ bodyKind, contentLength, status }: ResponseParser): string {
  if (bodyKind === 'chunked') return 'Transfer-Encoding: chunked\r\n';
  if (bodyKind === 'length') return `Content-Length: ${contentLength}\r\n`;
  if (bodyKind === 'close' || status === 204) return '';
  if (status === 304) return contentLength < 0 ? '' : `Content-Length: ${contentLength}\r\n`;
  return 'Content-Length: 0\r\n';
}
