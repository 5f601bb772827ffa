/**
 * What a worker knows of the files of one `static` (nginx's `open_file_cache`): for a second without looking, so that a hot file costs no system call; after that with one open and its state, and is
 * read again only when it has changed. Misses are known for as long. Who asks for what is being looked for waits for the same answer. Bounded in entries, bytes and open files; the one longest not asked
 * for goes first.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instant } from '../../base/time.ts';
import type { StaticPlan } from '../../config/filters/static-plan.ts';
import type { Coding } from '../../core/compression/accept-encoding.ts';
import { fileType } from '../../core/static/file-type.ts';
import type { ListedFile } from '../../core/static/listing.ts';
import { matchesPattern } from '../../core/static/path-pattern.ts';
import type { WorkerContext } from '../worker-context.ts';
import { type FileFacts, type FileInfo, isSameFile, readFileInfo } from './file-info.ts';
import { type OpenFailure, type OpenFile, openFailure, Root } from './open-file.ts';

const FRESH_MS = 1_000;
const ENTRIES_MAX = 4_096;
/** Kept by themselves: who asks for names that are not there drives out no file. */
const MISSES_MAX = 1_024;
const BYTES_MAX = 32 * 1024 * 1024;
/** Of a worker's: some are for connections. */
const OPEN_MAX = 256;
const ENTRY_BYTES = 1_024;
const LISTED_MAX = 2_000;

const SUFFIXES: Readonly<Record<Coding, string>> = { zstd: '.zst', br: '.br', gzip: '.gz' };

export interface FileEntry {
  readonly kind: 'file' | 'directory' | OpenFailure;
  /** Null where it is no file. */
  readonly plain: FileInfo | null;
  /** The same content in codings, which stands beside. */
  readonly coded: readonly FileInfo[];
  readonly codings: readonly Coding[];
}

interface Kept {
  readonly entry: FileEntry;
  readonly bytes: number;
  readonly looksAgainAt: number;
}

export class FileStore {
  private readonly plan: StaticPlan;
  private readonly worker: WorkerContext;
  private readonly root: Root;
  /** The one longest not looked at first. */
  private readonly kept = new Map<string, Kept>();
  /** Names that are not there, and until when that is believed. */
  private readonly misses = new Map<string, number>();
  private readonly pending = new Map<string, Promise<FileEntry>>();
  private bytes = 0;
  private openFiles = 0;

  constructor(plan: StaticPlan, worker: WorkerContext) {
    this.plan = plan;
    this.worker = worker;
    this.root = new Root(plan.root, plan.symlinks);
  }

  /** What is known well enough; null: `look`. */
  known(name: string, now: Instant): FileEntry | null {
    const kept = this.kept.get(name);
    if (kept !== undefined) return now >= kept.looksAgainAt ? null : kept.entry;
    return now < (this.misses.get(name) ?? 0) ? MISSING : null;
  }

  /** Looks at a name. */
  look(name: string): Promise<FileEntry> {
    const pending = this.pending.get(name);
    if (pending !== undefined) return pending;
    const looking = this.lookAt(name).finally(() => this.pending.delete(name));
    this.pending.set(name, looking);
    return looking;
  }

  /** Opens a file; `giveBack` it. */
  async open(name: string): Promise<OpenFile | OpenFailure> {
    if (this.openFiles >= OPEN_MAX) return 'busy'; // the client may come again; a queue of files would be one of connections
    this.openFiles++;
    const opened = await this.root.open(name).catch((error: unknown) => {
      this.openFiles--;
      throw error;
    });
    if (typeof opened === 'string') this.openFiles--;
    return opened;
  }

  async giveBack({ handle }: OpenFile): Promise<void> {
    this.openFiles--;
    await handle.close();
  }

  /** It is not what it was thought to be. */
  forget(name: string): void {
    const kept = this.kept.get(name);
    if (kept === undefined) return;
    this.kept.delete(name);
    this.bytes -= kept.bytes;
  }

  /** What a directory holds that may be seen. */
  async list(name: string): Promise<{ readonly files: readonly ListedFile[]; readonly isCut: boolean } | OpenFailure> {
    const opened = await this.open(name);
    if (typeof opened === 'string') return opened;
    try {
      // By the open directory, where that can be: its name may lead elsewhere by now.
      const place = process.platform === 'linux' ? `/proc/self/fd/${opened.handle.fd}` : join(this.root.path, name);
      const found = await readdir(place, { withFileTypes: true });
      const seen = found.filter((each) => (this.plan.dotfiles || !each.name.startsWith('.')) && (each.isFile() || each.isDirectory()));
      const files = seen.slice(0, LISTED_MAX).map((each) => ({ name: each.name, isDirectory: each.isDirectory() }));
      return { files, isCut: seen.length > LISTED_MAX };
    } catch (error) {
      return openFailure(error);
    } finally {
      await this.giveBack(opened);
    }
  }

  /** No plan has it any more. */
  close(): void {
    this.kept.clear();
    this.misses.clear();
    this.bytes = 0;
  }

  private async lookAt(name: string): Promise<FileEntry> {
    const before = this.kept.get(name)?.entry ?? null;
    const opened = await this.open(name);
    if (typeof opened === 'string') return this.keep(name, without(opened));
    try {
      if (opened.state.isDirectory()) return this.keep(name, without('directory'));
      const coded = await this.lookBeside(name, before);
      const facts = this.factsOf(name, name, null, coded.length > 0);
      const plain = await this.infoOf(opened, facts, before?.plain ?? null);
      return this.keep(name, { kind: 'file', plain, coded, codings: coded.map(({ coding }) => coding!) });
    } finally {
      await this.giveBack(opened);
    }
  }

  private async lookBeside(name: string, before: FileEntry | null): Promise<readonly FileInfo[]> {
    const found: FileInfo[] = [];
    for (const coding of this.plan.precompressed) {
      const beside = name + SUFFIXES[coding];
      const opened = await this.open(beside);
      if (typeof opened === 'string') continue;
      try {
        if (!opened.state.isFile()) continue;
        const known = before?.coded.find((each) => each.coding === coding) ?? null;
        found.push(await this.infoOf(opened, this.factsOf(name, beside, coding, true), known));
      } finally {
        await this.giveBack(opened);
      }
    }
    return found;
  }

  private async infoOf({ handle, state }: OpenFile, facts: FileFacts, before: FileInfo | null): Promise<FileInfo> {
    const isKnown = before !== null && before.isSettled && isSameFile(before.state, state);
    if (isKnown && facts.varies === before.unchangedFields.includes('\r\nVary:')) return before;
    return await readFileInfo(handle, state, facts, this.worker.clock.wall());
  }

  private factsOf(name: string, file: string, coding: Coding | null, varies: boolean): FileFacts {
    const path = `/${name}`;
    const cacheControl = this.plan.cacheControl.find(({ pattern }) => matchesPattern(path, pattern))?.value ?? '';
    return { name: file, type: fileType(name, this.plan.types), coding, cacheControl, varies };
  }

  private keepMiss(name: string): FileEntry {
    this.misses.delete(name);
    if (this.misses.size >= MISSES_MAX) this.misses.delete(this.misses.keys().next().value!);
    this.misses.set(name, this.worker.clock.now() + FRESH_MS);
    return MISSING;
  }

  private keep(name: string, entry: FileEntry): FileEntry {
    this.forget(name);
    if (entry.kind === 'busy') return entry;
    if (entry.kind === 'missing') return this.keepMiss(name);
    this.misses.delete(name);
    const bytes = ENTRY_BYTES + name.length * 2 + contentBytes(entry);
    this.kept.set(name, { entry, bytes, looksAgainAt: this.worker.clock.now() + FRESH_MS });
    this.bytes += bytes;
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= ENTRIES_MAX && this.bytes <= BYTES_MAX) break;
      this.forget(oldest);
    }
    return entry;
  }
}

const MISSING = without('missing');

function without(kind: 'directory' | OpenFailure): FileEntry {
  return { kind, plain: null, coded: [], codings: [] };
}

function contentBytes({ plain, coded }: FileEntry): number {
  let bytes = plain?.content?.length ?? 0;
  for (const { content } of coded) bytes += content?.length ?? 0;
  return bytes;
}
