/**
 * The files of a directory that are to be pushed, with the path that each will have. Hidden ones are left out, `.well-known` excepted: a `.git` or `.env` among pages is an accident. Nothing
 * outside of the directory is read: a link that leads out of it is a fault, and so is a link to a directory.
 */
import { lstat, opendir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';

/** As many as a push may have (`control/caching/push-keeper.ts`). */
export const PUSH_FILES_MAX = 100_000;
const DEPTH_MAX = 64;

export interface PushFile {
  /** In the file system, with no link in it. */
  readonly file: string;
  /** Below the prefix, percent-encoded: `img/a%20b.png`. Empty for the index of the directory itself. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

export interface PushListing {
  readonly files: readonly PushFile[];
  readonly hidden: number;
  /** What keeps it from being pushed; empty where nothing does. */
  readonly faults: readonly string[];
}

/** Rejects with the system's error where the directory cannot be read. */
export async function listPushFiles(directory: string): Promise<PushListing> {
  const walk = new Walk(await realpath(directory));
  await walk.enter('', 0);
  return walk;
}

class Walk implements PushListing {
  readonly files: PushFile[] = [];
  readonly faults: string[] = [];
  hidden = 0;
  private readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  async enter(below: string, depth: number): Promise<void> {
    if (depth > DEPTH_MAX) return void this.faults.push(`${below} is more than ${DEPTH_MAX} directories deep`);
    for await (const { name } of await opendir(join(this.root, below))) {
      if (this.files.length >= PUSH_FILES_MAX)
        return void this.faults.push(`there are more than ${PUSH_FILES_MAX} files, which is the limit of a push`);
      const at = join(below, name);
      if (name.startsWith('.') && name !== '.well-known') this.hidden++;
      else await this.look(at, depth);
    }
  }

  private async look(at: string, depth: number): Promise<void> {
    const file = join(this.root, at);
    const facts = await lstat(file);
    if (facts.isDirectory()) return this.enter(at, depth + 1);
    if (facts.isFile()) return this.add(file, at, facts);
    if (!facts.isSymbolicLink()) return void this.faults.push(`${at} is neither a file nor a directory`);
    const target = await realpath(file).catch(() => null);
    if (target === null) return void this.faults.push(`${at} is a link to what is not there`);
    if (relative(this.root, target).split(sep)[0] === '..')
      return void this.faults.push(`${at} is a link out of the directory, to ${target}; put the file itself there`);
    const meant = await stat(target);
    if (!meant.isFile()) return void this.faults.push(`${at} is a link to a directory; put the directory itself there`);
    this.add(target, at, meant);
  }

  private add(file: string, at: string, { size, mtimeMs }: { readonly size: number; readonly mtimeMs: number }): void {
    const segments = at.split(sep);
    const path = segments.map(encodeSegment);
    if (path.includes(null)) return void this.faults.push(`${JSON.stringify(at)} has a name that no URL can have`);
    const facts = { file, bytes: size, modifiedMs: mtimeMs };
    this.files.push({ ...facts, path: path.join('/') });
    if (basename(at) === 'index.html')
      this.files.push({
        ...facts,
        path: path
          .slice(0, -1)
          .map((each) => `${each}/`)
          .join(''),
      });
  }
}

/** As browsers write it in a path (RFC 3986 §3.3); null where it cannot be written: half characters, and a backslash, which Sluice refuses. */
function encodeSegment(name: string): string | null {
  if (name.includes('\\') || !name.isWellFormed() || name.includes('\uFFFD')) return null;
  return encodeURI(name).replaceAll('?', '%3F').replaceAll('#', '%23').replaceAll('[', '%5B').replaceAll(']', '%5D');
}
