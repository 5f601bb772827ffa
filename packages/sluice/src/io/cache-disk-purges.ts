/**
 * The file by which a directory of the disk tier is known as ours: its epoch, and the purges that what lies there has outlived. Without it, or where it is not what was written, nothing in the
 * directory counts: so what cannot be written down is made true by removing the file.
 *
 * Written beside and renamed, synced: a purge that was confirmed holds after a crash of the machine, too.
 */
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { PURGES_FILE } from './cache-disk-place.ts';

const MAGIC = 0x43_4c_53_02;
const VERSION = 1;
const FIXED_BYTES = 16;

export interface DiskPurges {
  readonly epoch: number;
  /** Of the journal (`core/caching/tier/purge-journal.ts`). */
  readonly snapshot: Uint8Array;
}

/** Null: there is none, or none that can be relied on. @throws what the file system says. */
export async function readPurges(directory: string): Promise<DiskPurges | null> {
  const bytes = await readFile(join(directory, PURGES_FILE)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (bytes === null || bytes.length < FIXED_BYTES || bytes.readUInt32LE(0) !== MAGIC || bytes.readUInt32LE(4) !== VERSION) return null;
  const snapshot = bytes.subarray(FIXED_BYTES);
  return bytes.readUInt32LE(12) === checksum(bytes, snapshot) ? { epoch: bytes.readUInt32LE(8), snapshot } : null;
}

/** @throws what the file system says; then there is no such file any more, unless that cannot be removed either. */
export async function writePurges(directory: string, { epoch, snapshot }: DiskPurges): Promise<void> {
  const fixed = Buffer.alloc(FIXED_BYTES);
  fixed.writeUInt32LE(MAGIC, 0);
  fixed.writeUInt32LE(VERSION, 4);
  fixed.writeUInt32LE(epoch, 8);
  fixed.writeUInt32LE(checksum(fixed, snapshot), 12);
  const path = join(directory, PURGES_FILE);
  try {
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writev([fixed, snapshot]);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

function checksum(fixed: Buffer, snapshot: Uint8Array): number {
  return crc32(snapshot, crc32(fixed.subarray(0, 12)));
}
