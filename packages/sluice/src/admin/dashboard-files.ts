/**
 * The dashboard's files, read once at the first use and kept, compressed too: at most 2 MiB as built. A path is looked up among those that
 * were found, never on the disk, so there is nothing to traverse. They hold code that everybody may read, and no data: what they show they
 * ask the API for. Names with a hash never change (RFC 8246); the page itself is asked for each time and answered with 304.
 */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { chooseCoding, type Coding } from '../core/compression/accept-encoding.ts';

const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);
/** The first who asks waits for it: 11 ms for all files where the highest quality takes a second, for 7 % more bytes. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } };
const BYTES_MAX = 2 * 1_048_576;
const FILES_MAX = 200;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};
const COMPRESSIBLE = /^(?:text\/|image\/svg|application\/)/;
/** `index-CM2M6M6n.js`, as vite names what it builds. */
const HASHED = /^\/assets\/.*-[\w-]{8}\.\w+$/;

/** Nothing from elsewhere runs, loads, frames or is sent to. Styles that scripts set through the CSSOM are not inline (CSP 3 §6.1.13). */
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  vary: 'accept-encoding',
};

const NOT_BUILT =
  'Sluice\n\nThe dashboard is not here: it is turned off (admin.dashboard), or was not built (npx vite build packages/dashboard).\nThe API is under /api; /api/openapi.json describes it, /metrics has the metrics.\n';

interface DashboardFile {
  readonly type: string;
  readonly tag: string;
  readonly isHashed: boolean;
  readonly plain: Buffer;
  /** Only where it is smaller. */
  readonly coded: ReadonlyMap<Coding, Buffer>;
}

export interface FileReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Buffer;
}

/** Where builds put it: beside the code in a package, in its own folder in the workspace. */
const PLACES = [new URL('../dashboard/', import.meta.url), new URL('../../../dashboard/dist/', import.meta.url)].map((url) =>
  fileURLToPath(url),
);

export class DashboardFiles {
  readonly #places: readonly string[];
  #files: Promise<ReadonlyMap<string, DashboardFile>> | null = null;

  /** @param places Folders; the first that has a page is it. */
  constructor(places: readonly string[] = PLACES) {
    this.#places = places;
  }

  /**
   * The reply to a GET or HEAD; null when there is no such file.
   * @param path Without the query, as sent.
   * @param isOn Off, the page says where the API is.
   * @throws {Error} when the files cannot be read, or are too large; the next call tries again.
   */
  async reply(path: string, headers: IncomingHttpHeaders, isOn: boolean): Promise<FileReply | null> {
    const files = isOn ? await this.#load() : NO_FILES;
    const file = files.get(path === '/' ? '/index.html' : path);
    if (file !== undefined) return fileReply(file, headers);
    return path === '/' ? textReply(NOT_BUILT) : null;
  }

  #load(): Promise<ReadonlyMap<string, DashboardFile>> {
    this.#files ??= readFirst(this.#places).catch((error: unknown) => {
      this.#files = null;
      throw error;
    });
    return this.#files;
  }
}

const NO_FILES: ReadonlyMap<string, DashboardFile> = new Map();

function fileReply(file: DashboardFile, headers: IncomingHttpHeaders): FileReply {
  const cache = file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache';
  const coding = chooseCoding(String(headers['accept-encoding'] ?? ''), Array.from(file.coded.keys()));
  // Each coding is a representation of its own, with its own strong tag (RFC 9110 §8.8.3.3).
  const etag = coding === null ? `"${file.tag}"` : `"${file.tag}-${coding}"`;
  const all = { ...PAGE_HEADERS, 'cache-control': cache, etag };
  if (isKnown(headers['if-none-match'], etag)) return { status: 304, headers: all, body: Buffer.alloc(0) };
  const body = coding === null ? file.plain : file.coded.get(coding)!;
  const coded = coding === null ? {} : { 'content-encoding': coding };
  return { status: 200, headers: { ...all, ...coded, 'content-type': file.type, 'content-length': body.length }, body };
}

function textReply(text: string): FileReply {
  const body = Buffer.from(text);
  const headers = {
    ...PAGE_HEADERS,
    'cache-control': 'no-cache',
    'content-type': 'text/plain; charset=utf-8',
    'content-length': body.length,
  };
  return { status: 200, headers, body };
}

/** Compared weakly (RFC 9110 §13.1.2). */
function isKnown(field: string | undefined, etag: string): boolean {
  if (field === undefined) return false;
  return field.trim() === '*' || field.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

async function readFirst(places: readonly string[]): Promise<ReadonlyMap<string, DashboardFile>> {
  for (const place of places) {
    const files = await readFolder(place);
    if (files.has('/index.html')) return files;
  }
  return NO_FILES;
}

/** Files of the kinds that we know, by path from the root. */
async function readFolder(folder: string): Promise<ReadonlyMap<string, DashboardFile>> {
  const files = new Map<string, DashboardFile>();
  let size = 0;
  for (const path of await filesIn(folder)) {
    const type = TYPES[extname(path)];
    if (type === undefined) continue;
    const plain = await readFile(path);
    size += plain.length;
    if (size > BYTES_MAX || files.size >= FILES_MAX)
      throw new Error(`the dashboard in "${folder}" is larger than ${FILES_MAX} files or 2 MiB; build it anew`);
    const name = `/${relative(folder, path).split(sep).join('/')}`;
    files.set(name, await preparedFile(name, type, plain));
  }
  return files;
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function preparedFile(name: string, type: string, plain: Buffer): Promise<DashboardFile> {
  const coded = new Map<Coding, Buffer>();
  if (COMPRESSIBLE.test(type)) {
    const codings = await Promise.all([brotli(plain, BROTLI), gzipped(plain)]);
    for (const [index, coding] of (['br', 'gzip'] as const).entries()) {
      const bytes = codings[index]!;
      if (bytes.length < plain.length) coded.set(coding, bytes);
    }
  }
  const tag = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  return { type, tag, isHashed: HASHED.test(name), plain, coded };
}
