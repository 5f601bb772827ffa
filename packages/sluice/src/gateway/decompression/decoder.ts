/**
 * Decodes whole content on the thread pool, under a bound: memory grows with what has been decoded, and no further than the bound. A worker decodes a few at a time; others wait in a line of bounded
 * length.
 */
import { constants, gunzip, inflate, type InputType, type ZlibOptions, type ZstdOptions, zstdDecompress } from 'node:zlib';

/** `large`: there is more than the bound; `broken`: it is not what it says it is; `busy`: too many wait. */
export type DecodeFailure = 'large' | 'broken' | 'busy';

export type DecodableCoding = 'gzip' | 'deflate' | 'zstd';

/** The pool has four threads, which others need, too. */
const AT_A_TIME = 4;
const WAITING_MAX = 256;
/** 8 MiB: what every zstd client has to have, and no more (RFC 9659 §3). */
const ZSTD_WINDOW_BITS = 23;

/** With `info`, a result is what was decoded and the engine that did it. */
interface Decoded {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}
type Decode = (bytes: InputType, options: ZlibOptions & ZstdOptions, done: (error: Error | null, result: Decoded) => void) => void;

const DECODERS = { gzip: gunzip, deflate: inflate, zstd: zstdDecompress } as unknown as Readonly<Record<DecodableCoding, Decode>>;

/** One per worker. */
export class Decoder {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param bytesMax Of the result. */
  async decode(bytes: Buffer, coding: DecodableCoding, bytesMax: number): Promise<Buffer | DecodeFailure> {
    if (this.running >= AT_A_TIME) {
      if (this.waiting.length >= WAITING_MAX) return 'busy';
      await new Promise<void>((resolve) => this.waiting.push(resolve)); // who has ended hands on its place
    } else this.running++;
    try {
      return await decodeOnce(bytes, coding, bytesMax);
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running--;
      else next();
    }
  }
}

function decodeOnce(bytes: Buffer, coding: DecodableCoding, bytesMax: number): Promise<Buffer | DecodeFailure> {
  const params = coding === 'zstd' ? { params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_BITS } } : {};
  return new Promise((resolve) => {
    DECODERS[coding](bytes, { maxOutputLength: bytesMax, info: true, ...params }, (error, result) => {
      if (error === null || error === undefined) {
        // What stands behind the end would be read by some, and not by others.
        resolve(result.engine.bytesWritten === bytes.length ? result.buffer : 'broken');
      } else resolve((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'large' : 'broken');
    });
  });
}
