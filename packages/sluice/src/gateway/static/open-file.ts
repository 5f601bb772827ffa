/**
 * Opens a file below a directory, and proves that it is there: a name that was checked before it was opened may have become a link to elsewhere in between, so the open file itself is asked where it lies
 * (`/proc/self/fd`; elsewhere the real path, whose file must be the open one). Never waits for a pipe, never opens a device for what it does.
 */
import { constants, type BigIntStats } from 'node:fs';
import { type FileHandle, open, readlink, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { StaticPlan } from '../../config/filters/static-plan.ts';

/** `missing`: there is none, or none that may be seen; `denied`: the system refuses; `busy`: too many files are open. */
export type OpenFailure = 'missing' | 'denied' | 'busy';

/** An open file or directory. Whoever has it closes `handle`. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly state: BigIntStats;
}

const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

const FAILURES: Readonly<Record<string, OpenFailure>> = {
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  ENAMETOOLONG: 'missing',
  ELOOP: 'missing',
  ENXIO: 'missing',
  ENODEV: 'missing',
  EACCES: 'denied',
  EPERM: 'denied',
  EMFILE: 'busy',
  ENFILE: 'busy',
  ENOMEM: 'busy',
};

/** What an error of the file system is to a client; it is thrown again where it is none of these. */
export function openFailure(error: unknown): OpenFailure {
  const failure = FAILURES[(error as NodeJS.ErrnoException).code ?? ''];
  if (failure === undefined) throw error;
  return failure;
}

export class Root {
  readonly path: string;
  private readonly symlinks: StaticPlan['symlinks'];
  /** Where it really lies. It may be a link that a deployment moves: asked anew where a file seems to be outside. */
  private real = '';

  constructor(path: string, symlinks: StaticPlan['symlinks']) {
    this.path = path;
    this.symlinks = symlinks;
  }

  /** @param name From `filePath`: below the root as far as text can say. */
  async open(name: string): Promise<OpenFile | OpenFailure> {
    const path = join(this.path, name);
    let handle: FileHandle | null = null;
    try {
      handle = await open(path, FLAGS);
      const state = await handle.stat({ bigint: true });
      const isKind = state.isFile() || state.isDirectory();
      if (isKind && (this.symlinks === 'all' || (await this.holds(handle, state, path, name)))) return { handle, state };
      await handle.close();
      return 'missing';
    } catch (error) {
      await handle?.close();
      return openFailure(error);
    }
  }

  private async holds(handle: FileHandle, state: BigIntStats, path: string, name: string): Promise<boolean> {
    const place = await placeOf(handle, state, path);
    if (place === null) return false;
    if (this.real !== '' && this.isBelow(place, name)) return true;
    this.real = await realpath(this.path);
    return this.isBelow(place, name);
  }

  private isBelow(place: string, name: string): boolean {
    if (this.symlinks === 'none') return place === (name === '' ? this.real : join(this.real, name));
    return place === this.real || place.startsWith(this.real + sep);
  }
}

/** Where an open file lies; null where that cannot be told. */
async function placeOf(handle: FileHandle, state: BigIntStats, path: string): Promise<string | null> {
  if (process.platform === 'linux') return await readlink(`/proc/self/fd/${handle.fd}`);
  const place = await realpath(path);
  const there = await stat(place, { bigint: true });
  return there.ino === state.ino && there.dev === state.dev ? place : null;
}
