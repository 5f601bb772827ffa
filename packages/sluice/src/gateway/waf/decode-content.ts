/** Content as its service will read it: out of gzip and the like, up to a bound. */
import { promisify } from 'node:util';
import zlib from 'node:zlib';

/** RFC 9110 §8.4.1; `zstd` is RFC 8878. */
const DECODERS: Readonly<Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(zlib.gunzip),
  'x-gzip': promisify(zlib.gunzip),
  br: promisify(zlib.brotliDecompress),
  deflate: promisify(zlib.inflate),
  zstd: promisify(zlib.zstdDecompress),
};

/** @param coding Value of Content-Encoding. @returns `large`: it is more than `bytesMax`; `unknown`: nobody can read it here. */
export async function decodeContent(bytes: Buffer, coding: string, bytesMax: number): Promise<Buffer | 'large' | 'unknown'> {
  const name = coding.trim().toLowerCase();
  if (name === '' || name === 'identity') return bytes;
  const decode = DECODERS[name];
  if (decode === undefined) return 'unknown';
  try {
    return await decode(bytes, { maxOutputLength: bytesMax });
  } catch (error) {
    return error instanceof RangeError ? 'large' : 'unknown';
  }
}
