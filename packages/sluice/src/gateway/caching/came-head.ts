/** A reply's head as it came from the service, as text: the fields that are meant for who asked, in their plain form, and how its content is framed. */
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import * as known from '../../core/http1/known-fields.ts';
import { copyFields, fieldPolicy, HOP_BY_HOP } from '../exchange/field-copy.ts';

const END_TO_END = fieldPolicy([...HOP_BY_HOP, known.ENDPOINT_LOAD_METRICS], [known.SET_COOKIE, known.DATE, known.VIA]);

const FOR_CACHES = ['cache-control', 'cdn-cache-control', 'surrogate-control', 'expires', 'pragma', 'age', 'vary'];

/** Field lines, each with CRLF. */
export function endToEndLines(parser: ResponseParser, bytes: Buffer, start: number): string {
  const { fields, connection } = parser;
  return copyFields({
    fields,
    bytes,
    start: start + parser.fieldsStart,
    lead: 0,
    policy: END_TO_END,
    nominated: connection.nominated === '' ? '' : nominatedOf(connection.nominated),
    drops: '',
  });
}

/** Without what is said to every cache, which Connection must not name (RFC 9110 §7.6.1): a reply that lost its `no-store` on the way would be kept. */
function nominatedOf(nominated: string): string {
  let kept = nominated;
  for (const name of FOR_CACHES) kept = kept.replaceAll(`,${name},`, ',');
  return kept;
}

/** The line that frames its content; none where it ends with its connection. */
export function framingLines({ bodyKind, contentLength, status }: ResponseParser): string {
  if (bodyKind === 'chunked') return 'Transfer-Encoding: chunked\r\n';
  if (bodyKind === 'length') return `Content-Length: ${contentLength}\r\n`;
  if (bodyKind === 'close' || status === 204) return '';
  if (status === 304) return contentLength < 0 ? '' : `Content-Length: ${contentLength}\r\n`;
  return 'Content-Length: 0\r\n';
}
