/**
 * What a request's Content-Encoding asks of who decodes it (RFC 9110 §8.4). One coding, of those that are safe to decode: a coding in a coding multiplies what a byte may become, and brotli from strangers
 * is not decoded at all (its decoder has had memory faults that requests could reach).
 */

/** `unsupported`: 415. */
export type RequestCoding = 'none' | 'gzip' | 'deflate' | 'zstd' | 'unsupported';

/** What a 415 says of it. */
export const ACCEPTED_CODINGS = 'gzip, deflate, zstd';

/** @param value Repeated lines joined; null when there is none. */
export function requestCoding(value: string | null): RequestCoding {
  if (value === null) return 'none';
  let found: RequestCoding = 'none';
  for (const member of value.toLowerCase().split(',')) {
    const coding = member.trim();
    if (coding === '' || coding === 'identity') continue;
    if (found !== 'none') return 'unsupported';
    if (coding === 'gzip' || coding === 'x-gzip') found = 'gzip';
    else if (coding === 'deflate' || coding === 'zstd') found = coding;
    else return 'unsupported';
  }
  return found;
}

/** The first bytes are free of the ratio: short texts of one letter are no bombs. */
const FREE_BYTES = 64 * 1024;

/** How large decoded content may be. @param bytes As it came. */
export function decodedBytesMax(bytes: number, bytesMax: number, ratioMax: number): number {
  return Math.min(bytesMax, Math.max(FREE_BYTES, Math.floor(bytes * ratioMax)));
}
