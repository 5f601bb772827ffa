/**
 * Files that are pushed into one cache: whole versions under a path, put there file by file under an id that nobody looks for yet, then shown together by one write (`core/caching/push-board.ts`).
 * The version before stays for a while, so that it can be shown again. Files are entries like others: where memory is short they are evicted, and a version that has lost some is not shown.
 * Main thread alone; nothing here waits.
 */
import type { Random } from '../../base/random.ts';
import type { Timestamp } from '../../base/time.ts';
import type { EntryMeta, EntryWriter, MemoryStore } from '../../core/caching/memory/memory-store.ts';
import type { SayEvent } from '../say-event.ts';
import { type PushBoard, pushedKey, pushTag, SHOWN_MAX } from '../../core/caching/push-board.ts';

/** Under one path, the one that is shown among them; the oldest that is not goes first. */
const VERSIONS_MAX = 4;
const FILES_MAX = 100_000;
/** Of the path of one file, and of all of a push, in characters. */
const PATH_LENGTH_MAX = 4_096;
const PATHS_LENGTH_MAX = 16 * 2 ** 20;

/** Where a version lies. */
export interface PushPlace {
  /** In lower case, with its port where it is not 443 or 80; `*`: any. */
  readonly host: string;
  /** Canonical; begins and ends with `/`. */
  readonly prefix: string;
}

/** A version, as people see it. */
export interface PushStatus extends PushPlace {
  readonly id: string;
  readonly version: string;
  readonly files: number;
  readonly bytes: number;
  readonly isShown: boolean;
  /** Unix milliseconds. */
  readonly begunAt: number;
}

export interface PushedFile {
  /** Canonical. */
  readonly path: string;
  /** Field lines, each with CRLF. */
  readonly head: string;
  readonly tags: readonly string[];
  /** -1: unknown. */
  readonly bodyBytes: number;
  readonly ttlMs: number;
}

interface Push extends PushPlace {
  readonly id: string;
  readonly version: string;
  readonly begunAt: number;
  readonly paths: Set<string>;
  pathsLength: number;
  bytes: number;
  isShown: boolean;
}

/** A file that is being written. */
export interface FileWriter {
  /** @returns False: it is too large, or there is no room; it is gone. */
  append(bytes: Uint8Array): boolean;
  /** @returns Bytes; -1: it did not become whole. */
  finish(): number;
  abort(): void;
}

export interface PushKeeperInit {
  /** Of the cache. */
  readonly name: string;
  readonly say: SayEvent;
  /** Null: the cache is not there any more. */
  readonly store: () => MemoryStore | null;
  readonly board: PushBoard;
  readonly objectBytesMax: number;
  readonly wall: () => Timestamp;
  readonly random: Random;
}

export class PushKeeper {
  private readonly init: PushKeeperInit;
  private readonly pushes = new Map<string, Push>();

  constructor(init: PushKeeperInit) {
    this.init = init;
  }

  get objectBytesMax(): number {
    return this.init.objectBytesMax;
  }

  /** Begins a version. @returns Its id, or why not. */
  begin({ host, prefix }: PushPlace, version: string): { readonly id: string } | string {
    const siblings = this.under({ host, prefix });
    const places = new Set([...this.pushes.values()].map((push) => `${push.host}${push.prefix}`));
    if (siblings.length === 0 && places.size >= SHOWN_MAX) return `there are pushes under ${SHOWN_MAX} paths already, which is the limit`;
    const [oldest] = siblings.filter(({ isShown }) => !isShown);
    if (siblings.length >= VERSIONS_MAX && oldest !== undefined) this.drop(oldest);
    const id = Math.floor(this.init.random() * 2 ** 52).toString(36);
    this.pushes.set(id, {
      id,
      host,
      prefix,
      version,
      begunAt: this.init.wall(),
      paths: new Set(),
      pathsLength: 0,
      bytes: 0,
      isShown: false,
    });
    return { id };
  }

  /** Begins a file of a version. A text says why not. */
  write(id: string, file: PushedFile): FileWriter | string {
    const push = this.pushes.get(id);
    if (push === undefined) return `there is no push "${id}"; begin one`;
    const { path, bodyBytes } = file;
    if (!path.startsWith(push.prefix)) return `the file ${path} is not below ${push.prefix}, where this push belongs`;
    if (path.length > PATH_LENGTH_MAX) return `the path of a file must have at most ${PATH_LENGTH_MAX} characters`;
    const isNew = !push.paths.has(path);
    if (isNew && (push.paths.size >= FILES_MAX || push.pathsLength + path.length > PATHS_LENGTH_MAX))
      return `a push has at most ${FILES_MAX} files, whose paths have ${PATHS_LENGTH_MAX} characters`;
    if (bodyBytes > this.objectBytesMax) return this.tooLarge(path);
    const writer = this.init.store()?.begin(pushedKey(push.host, path, id), this.metaOf(id, file));
    if (writer === undefined || writer === null) return `there is no room for ${path}: the cache is too small, raise its memory`;
    return new PushWriter(writer, (bytes) => this.added(push, path, bytes));
  }

  /** Shows a version, in place of the one that is shown. Null: done; a text says why not. */
  show(id: string): string | null {
    const push = this.pushes.get(id);
    if (push === undefined) return `there is no push "${id}"`;
    const missing = this.missing(push);
    if (missing > 0)
      return `${missing} of ${push.paths.size} files are not in the cache any more: it is too small for them (raise its memory), or they were purged; push them again`;
    const before = this.under(push).filter(({ isShown }) => isShown);
    for (const each of before) each.isShown = false;
    push.isShown = true;
    if (this.writeBoard()) {
      this.tell(push);
      return null;
    }
    push.isShown = false;
    for (const each of before) each.isShown = true;
    return `at most ${SHOWN_MAX} pushes can be shown at a time`;
  }

  /** Oldest first. */
  status(): readonly PushStatus[] {
    return [...this.pushes.values()].map(({ id, host, prefix, version, begunAt, paths, bytes, isShown }) => ({
      id,
      host,
      prefix,
      version,
      files: paths.size,
      bytes,
      isShown,
      begunAt,
    }));
  }

  tooLarge(path: string): string {
    return `the file ${path} is larger than ${this.objectBytesMax} bytes, the objectMax of the cache`;
  }

  private added(push: Push, path: string, bytes: number): void {
    if (!push.paths.has(path)) push.pathsLength += path.length;
    push.paths.add(path);
    push.bytes += bytes;
  }

  /** Its files that have gone. */
  private missing({ host, id, paths }: Push): number {
    let missing = 0;
    for (const path of paths) {
      const entry = this.init.store()?.peek(pushedKey(host, path, id)) ?? null;
      if (entry === null || entry.state !== 'whole' || entry.isStale) missing++;
      entry?.release();
    }
    return missing;
  }

  private under(place: PushPlace): Push[] {
    return [...this.pushes.values()].filter(({ host, prefix }) => host === place.host && prefix === place.prefix);
  }

  private drop({ id }: Push): void {
    this.pushes.delete(id);
    this.init.store()?.purgeTag(pushTag(id), false);
  }

  private tell({ host, prefix, version, paths, bytes }: Push): void {
    const { name, say } = this.init;
    say('info', 'cache: pushed files are shown', { cache: name, url: `https://${host}${prefix}`, version, files: paths.size, bytes });
  }

  private writeBoard(): boolean {
    const shown = [...this.pushes.values()].filter(({ isShown }) => isShown);
    return this.init.board.write(shown.map(({ host, prefix, id }) => ({ host, prefix, id })));
  }

  private metaOf(id: string, { head, tags, bodyBytes, ttlMs }: PushedFile): EntryMeta {
    return {
      kind: 0,
      status: 200,
      flags: 0,
      receivedAt: this.init.wall(),
      initialAgeMs: 0,
      freshForMs: ttlMs,
      staleWhileRevalidateMs: 0,
      staleIfErrorMs: 0,
      head,
      tags: [...tags, pushTag(id)],
      bodyBytes,
    };
  }
}

class PushWriter implements FileWriter {
  private readonly writer: EntryWriter;
  private readonly added: (bytes: number) => void;
  private bytes = 0;

  constructor(writer: EntryWriter, added: (bytes: number) => void) {
    this.writer = writer;
    this.added = added;
  }

  append(bytes: Uint8Array): boolean {
    this.bytes += bytes.length;
    return this.writer.append(bytes, 0, bytes.length);
  }

  finish(): number {
    const { entry } = this.writer;
    entry.retain();
    this.writer.finish();
    const isWhole = entry.state === 'whole';
    entry.release();
    if (!isWhole) return -1;
    this.added(this.bytes);
    return this.bytes;
  }

  abort(): void {
    this.writer.abort();
  }
}
