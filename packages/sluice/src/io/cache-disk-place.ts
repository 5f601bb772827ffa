/**
 * Where the disk tier keeps what: `ab/cd/0123456789ab` by a hash of the key, `new/` for files that are not whole yet, `purges` for what must outlive a restart. Names are 64 bits of SHA-256: two
 * keys that share one take turns, since each file says whose it is.
 */
import { hash } from 'node:crypto';
import { join } from 'node:path';
import type { DiskName } from '../core/caching/tier/disk-index.ts';

/** In which files are written. */
export const NEW_DIRECTORY = 'new';
/** The purges, and by its version the sign that a directory is ours. */
export const PURGES_FILE = 'purges';
export const LOCK_FILE = 'lock';

/** The name of a key. */
export function diskName(key: string): DiskName {
  const bytes = hash('sha256', key, 'buffer');
  return { first: bytes.readInt32LE(0), second: bytes.readInt32LE(4) };
}

/** Where its file lies. */
export function diskPath(directory: string, name: DiskName): string {
  const text = nameText(name);
  return `${directory}/${text.slice(0, 2)}/${text.slice(2, 4)}/${text.slice(4)}`;
}

/** The two directories above it. */
export function diskFolder(directory: string, name: DiskName): string {
  const text = nameText(name);
  return `${directory}/${text.slice(0, 2)}/${text.slice(2, 4)}`;
}

/** A file that is not whole yet. @param owner Who writes it. */
export function newPath(directory: string, owner: number, count: number): string {
  return join(directory, NEW_DIRECTORY, `${owner}-${count}`);
}

/** Reads a name back from the parts of its path; null where it is none. */
export function readName(first: string, second: string, rest: string): DiskName | null {
  const text = first + second + rest;
  if (first.length !== 2 || second.length !== 2 || !/^[0-9a-f]{16}$/.test(text)) return null;
  return { first: Number.parseInt(text.slice(0, 8), 16) | 0, second: Number.parseInt(text.slice(8), 16) | 0 };
}

function nameText({ first, second }: DiskName): string {
  return (first >>> 0).toString(16).padStart(8, '0') + (second >>> 0).toString(16).padStart(8, '0');
}
