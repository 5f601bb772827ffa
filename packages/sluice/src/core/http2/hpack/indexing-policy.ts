/**
 * Which fields an encoder puts into its table.
 *
 * - `always`: fields that are the same from message to message (server, content-type, user-agent), and `date`, which is the same for a second.
 * - `repeated`: fields that usually differ (path, content-length, etag). They enter when the same line comes a second time: what never repeats
 *   does not push the others out, and what does (one hot resource, a health check) costs a byte from the third time on.
 * - `never`: secrets, as never-indexed literals, so that no later hop puts them into a table either (RFC 7541 §7.1.3).
 *
 * A name that is in neither table is `always` the first time, so that the name can be referred to, and `repeated` then.
 */
import { staticIndex } from './static-table.ts';

export const ALWAYS = 0;
export const REPEATED = 1;
export const NEVER = 2;

/** Shorter cookies could be guessed piece by piece from the size of blocks. nghttp2 draws the same line. */
export const COOKIE_BYTES_MIN = 20;

const REPEATED_NAMES: readonly string[] = [
  ':path',
  'age',
  'content-disposition',
  'content-length',
  'content-location',
  'content-range',
  'cookie',
  'etag',
  'expires',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'link',
  'location',
  'range',
  'referer',
  'retry-after',
];

const NEVER_NAMES: readonly string[] = ['authorization', 'proxy-authorization', 'set-cookie'];

/** Policies by index of the name in the static table. */
export const POLICIES: Uint8Array = new Uint8Array(64);

for (const name of REPEATED_NAMES) POLICIES[staticIndex(name)] = REPEATED;
for (const name of NEVER_NAMES) POLICIES[staticIndex(name)] = NEVER;
