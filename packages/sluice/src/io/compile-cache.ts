/**
 * Node's compile cache in a directory that nobody else can write to: what was compiled once is read the next time, which takes a tenth off a start. Whoever can write
 * there can have code run as us: so it lies below a home directory that is our own, and nowhere if there is none. NODE_DISABLE_COMPILE_CACHE=1 turns it off.
 *
 * Each process and thread has to ask for it, before it imports what is to be read from it: entries import this, then the rest dynamically.
 */
import { lstatSync, mkdirSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Reads from the cache from now on, where there can be one. */
export function useCompileCache(): void {
  const directory = cacheDirectory(homedir());
  if (directory !== null) module.enableCompileCache(directory);
}

/** Writes what was compiled and is not in the cache yet. Otherwise that is done at a regular end, which long lives may not have. */
export function flushCompileCache(): void {
  module.flushCompileCache();
}

/** A directory of our own below the home directory; null where that cannot be. */
export function cacheDirectory(home: string): string | null {
  try {
    let directory = home;
    for (const step of ['.cache', 'sluice', 'compile']) {
      directory = join(directory, step);
      if (!isOurs(join(directory, '..'))) return null;
      mkdirSync(directory, { mode: 0o700, recursive: true });
    }
    return isOurs(directory) ? directory : null;
  } catch {
    return null; // no home, a file in the way, a read-only disk: a start takes a little longer
  }
}

/** A real directory of this user's, in which nobody else can make entries. */
function isOurs(directory: string): boolean {
  const stat = lstatSync(directory);
  return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;
}
