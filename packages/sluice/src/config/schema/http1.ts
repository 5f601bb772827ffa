/** Bounds on HTTP/1.1 heads, for both sides: RFC 9112 leaves them to us. */
import { size, whole } from './scalar.ts';
import { preset, section } from './section.ts';

const schema = section('an object of limits', {
  requestLine: preset(size('64B', '1MiB'), '8KiB').describe('Method, target, version and CRLF (for a response: its status line).'),
  headers: preset(size('256B', '16MiB'), '32KiB').describe('All header lines together, CRLFs included.'),
  headersMax: whole(1, 10_000).default(100).describe('Header lines.'),
  trailers: preset(size('0B', '1MiB'), '8KiB').describe('All trailer lines together.'),
  chunkExtensions: preset(size('0B', '1MiB'), '4KiB').describe(
    'Chunk extensions of one message together. They are dropped, never forwarded.',
  ),
}).meta({ id: 'Http1Limits', title: 'HTTP/1.1 limits', description: 'Bounds on message heads.' });

/** The limits of one side. */
export function http1Limits() {
  return schema;
}
