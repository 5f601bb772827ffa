/**
 * Why a message was refused. Each fault ends its connection: after a framing doubt nothing on it can be trusted (RFC 9112 §11.2).
 * `status` is what a client is told; a fault in an upstream's response becomes 502 instead.
 */
export interface Fault {
  /** Stable name, for logs and metrics. */
  readonly code: string;
  readonly status: 400 | 414 | 417 | 431 | 501 | 505;
  /** One sentence for people. Never holds bytes of the message. */
  readonly what: string;
}

function fault(code: string, status: Fault['status'], what: string): Fault {
  return { code, status, what };
}

export const FAULTS = {
  method: fault('method', 400, 'The method is not a token (RFC 9110 §9.1).'),
  target: fault('target', 400, 'The request target holds characters that are not allowed (RFC 9112 §3.2).'),
  version: fault('version', 400, 'The request line does not end with HTTP/1.0 or HTTP/1.1 (RFC 9112 §2.3).'),
  versionUnsupported: fault('version-unsupported', 505, 'Only HTTP/1.0 and HTTP/1.1 are spoken here.'),
  requestLineLong: fault('request-line-too-long', 414, 'The request line is longer than the limit.'),
  statusLine: fault('status-line', 400, 'The status line is malformed (RFC 9112 §4).'),
  lineEnding: fault('line-ending', 400, 'A line does not end with CRLF (RFC 9112 §2.2).'),
  fieldName: fault(
    'field-name',
    400,
    'A field name is empty or holds characters that are not allowed, or white space stands before its colon (RFC 9112 §5.1).',
  ),
  fieldFold: fault('obs-fold', 400, 'A field line begins with white space (RFC 9112 §5.2).'),
  fieldValue: fault('field-value', 400, 'A field value holds a control character (RFC 9110 §5.5).'),
  headersLong: fault('headers-too-long', 431, 'The header block is longer than the limit.'),
  headersMany: fault('headers-too-many', 431, 'There are more header fields than the limit.'),
  trailersLong: fault('trailers-too-long', 431, 'The trailers are longer than the limit.'),
  trailerField: fault('trailer-field', 400, 'A trailer names a field that frames or routes (RFC 9110 §6.5.1).'),
  contentLength: fault('content-length', 400, 'Content-Length is not one plain decimal number (RFC 9112 §6.3).'),
  lengthAndCoding: fault('length-and-coding', 400, 'Content-Length and Transfer-Encoding came together (RFC 9112 §6.3).'),
  transferCoding: fault('transfer-encoding', 400, 'Transfer-Encoding is not exactly chunked, or came in HTTP/1.0 (RFC 9112 §6.1).'),
  transferCodingUnknown: fault('transfer-encoding-unknown', 501, 'Only the chunked transfer coding is supported (RFC 9112 §6.1).'),
  host: fault('host', 400, 'Host is missing, repeated or malformed (RFC 9112 §3.2).'),
  expect: fault('expect', 417, 'Only Expect: 100-continue can be met (RFC 9110 §10.1.1).'),
  chunkSize: fault('chunk-size', 400, 'A chunk size is malformed or too large (RFC 9112 §7.1).'),
  chunkExtensionLong: fault('chunk-extension-too-long', 431, 'The chunk extensions are longer than the limit.'),
  chunkEnd: fault('chunk-end', 400, 'A chunk is not followed by CRLF (RFC 9112 §7.1).'),
} as const;
