/** A file as replies know it: its validators, its fields, and its content where that is small. Made when it is first asked for, and anew when it has changed. */
import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Coding } from '../../core/compression/accept-encoding.ts';

/** Smaller files are kept in memory: opened and read for each reply, one of 100 KiB costs ten times as much. */
export const KEPT_BYTES_MAX = 256 * 1024;
/** A file that changed this recently may change again within one tick of the file system's clock, and would look the same. */
const SETTLED_MS = 2_000;
const NS_PER_MS = 1_000_000n;

/** What of a file is the same for as long as it is the same file. */
export interface FileState {
  readonly inode: bigint;
  readonly mtimeNs: bigint;
  readonly size: bigint;
}

export interface FileInfo {
  /** Below the root. */
  readonly name: string;
  readonly state: FileState;
  readonly length: number;
  /** Null: read for each reply. */
  readonly content: Buffer | null;
  /** Null: as it is. */
  readonly coding: Coding | null;
  readonly tag: string;
  readonly lastModified: string;
  /** What a reply with it says, but for its length: lines with CRLF. */
  readonly fields: string;
  /** What a 304 says. */
  readonly unchangedFields: string;
  readonly type: string;
  /** Whether what was read can be trusted as long as the state is the same. */
  readonly isSettled: boolean;
}

/** What the configuration and its neighbours say of a file. */
export interface FileFacts {
  readonly name: string;
  readonly type: string;
  readonly coding: Coding | null;
  /** Empty: none. */
  readonly cacheControl: string;
  /** It stands beside others with the same content. */
  readonly varies: boolean;
}

export function isSameFile(state: FileState, now: BigIntStats): boolean {
  return state.inode === now.ino && state.mtimeNs === now.mtimeNs && state.size === now.size;
}

/** Reads what is needed of an open file. @param wallMs Wall clock. */
export async function readFileInfo(handle: FileHandle, now: BigIntStats, facts: FileFacts, wallMs: number): Promise<FileInfo> {
  const content = now.size <= KEPT_BYTES_MAX ? await readContent(handle, Number(now.size)) : null;
  const length = content === null ? Number(now.size) : content.length;
  const tag = `"${content === null ? `${now.mtimeNs.toString(36)}-${now.size.toString(36)}` : digest(content)}"`;
  const lastModified = new Date(Number(now.mtimeNs / NS_PER_MS)).toUTCString();
  let unchangedFields = `ETag: ${tag}\r\nLast-Modified: ${lastModified}\r\n`;
  if (facts.cacheControl !== '') unchangedFields += `Cache-Control: ${facts.cacheControl}\r\n`;
  if (facts.varies) unchangedFields += 'Vary: Accept-Encoding\r\n';
  const coding = facts.coding === null ? '' : `Content-Encoding: ${facts.coding}\r\n`;
  return {
    name: facts.name,
    state: { inode: now.ino, mtimeNs: now.mtimeNs, size: now.size },
    length,
    content,
    coding: facts.coding,
    tag,
    lastModified,
    fields: `Content-Type: ${facts.type}\r\n${coding}Accept-Ranges: bytes\r\n${unchangedFields}`,
    unchangedFields,
    type: facts.type,
    isSettled: wallMs - Number(now.mtimeNs / NS_PER_MS) > SETTLED_MS,
  };
}

/** Up to `size` bytes: a file that shrinks meanwhile is what was read of it. */
async function readContent(handle: FileHandle, size: number): Promise<Buffer> {
  const content = Buffer.allocUnsafeSlow(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await handle.read(content, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length === size ? content : Buffer.from(content.subarray(0, length));
}

/** The same on every node that serves the same file. */
function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('base64url').slice(0, 22);
}
