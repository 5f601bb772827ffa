/** A reply as a user's filter sees it: an endpoint's, or one of ours. Its content stays where it is unless it is asked for. */
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { ContentTooLarge, type FilterReply } from '../../core/filters/custom-filter.ts';
import { bodyBytes, checkStatus } from '../../core/filters/filter-answer.ts';
import { HeaderList } from '../../core/filters/header-list.ts';
import { checkLimit } from './custom-request.ts';

const DEFAULT_BYTES = 1024 * 1024;
const BYTES_MAX = 64 * 1024 * 1024;
const UTF8 = new TextDecoder();

/** RFC 9110 §8.4.1; `zstd` is RFC 8878. */
const DECODERS: Readonly<Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(zlib.gunzip),
  'x-gzip': promisify(zlib.gunzip),
  br: promisify(zlib.brotliDecompress),
  deflate: promisify(zlib.inflate),
  zstd: promisify(zlib.zstdDecompress),
};

/** Where content comes from: `reply-hold.ts` is it. */
export interface ContentSource {
  /** The content, whole, coded as it came; null: it is larger than this. Rejects where it does not become whole. */
  readContent(bytesMax: number): Promise<Buffer | null>;
}

export class CustomReply implements FilterReply {
  readonly headers: HeaderList;
  /** In place of what came; null: nothing. */
  replacement: Uint8Array | null = null;
  isClosed = false;
  private readonly source: ContentSource;
  private readonly firstStatus: number;
  private statusNow: number;
  private given: string | Uint8Array | null = null;

  constructor(status: number, entries: [name: string, value: string][], source: ContentSource) {
    this.firstStatus = status;
    this.statusNow = status;
    this.headers = new HeaderList(entries, () => this.isClosed);
    this.source = source;
  }

  get status(): number {
    return this.statusNow;
  }

  set status(status: number) {
    this.checkOpen('status');
    checkStatus(status);
    this.statusNow = status;
  }

  get hasOtherStatus(): boolean {
    return this.statusNow !== this.firstStatus;
  }

  get body(): string | Uint8Array | null {
    return this.given;
  }

  set body(body: string | Uint8Array | null) {
    this.checkOpen('body');
    this.replacement = bodyBytes(body);
    this.given = body;
    if (body !== null) for (const name of ['content-encoding', 'content-md5', 'content-range', 'digest', 'etag']) this.headers.delete(name);
  }

  async bytes(limit = DEFAULT_BYTES): Promise<Uint8Array> {
    checkLimit(limit, BYTES_MAX);
    if (this.replacement !== null) return this.replacement;
    this.checkOpen('content');
    const coding = this.headers.get('content-encoding')?.trim().toLowerCase() ?? '';
    const coded = await this.source.readContent(limit);
    if (coded === null) throw new ContentTooLarge('reply', limit);
    return coding === '' || coding === 'identity' || coded.length === 0 ? coded : await decode(coded, coding, limit);
  }

  async text(limit?: number): Promise<string> {
    return UTF8.decode(await this.bytes(limit));
  }

  private checkOpen(what: string): void {
    if (this.isClosed) throw new TypeError(`${what}: the reply has gone on; change it before the filter returns`);
  }
}

async function decode(coded: Buffer, coding: string, limit: number): Promise<Uint8Array> {
  const decoder = DECODERS[coding];
  if (decoder === undefined)
    throw new TypeError(
      `the content is coded as ${JSON.stringify(coding)}, which cannot be read here; known are ${Object.keys(DECODERS).join(', ')}`,
    );
  try {
    return await decoder(coded, { maxOutputLength: Math.max(1, limit) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new ContentTooLarge('reply', limit);
    throw error;
  }
}
