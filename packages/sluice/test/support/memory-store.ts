/** A memory store as tests need it: small, with bodies that prove whose they are. */
import { mix32 } from '../../src/base/hash.ts';
import { CONTROL, MemoryStore, createMemoryStore } from '../../src/core/caching/memory/memory-store.ts';
import type { EntryMeta, MemoryEntry, MemoryStoreOptions } from '../../src/core/caching/memory/memory-store.ts';

export const MIB = 2 ** 20;

const { latin1Slice } = Buffer.prototype as unknown as { latin1Slice(this: Uint8Array, start: number, end: number): string };

/** As the gateway decodes. */
export function decode(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}

export function storeBuffer(options: Partial<MemoryStoreOptions> = {}): SharedArrayBuffer {
  return createMemoryStore({ capacityBytes: 2 * MIB, entriesMax: 1_024, objectBytesMax: MIB, eviction: 's3-fifo', seed: 7, ...options });
}

export function openStore(options: Partial<MemoryStoreOptions> = {}): MemoryStore {
  return new MemoryStore(storeBuffer(options), CONTROL, decode);
}

export function metaOf(meta: Partial<EntryMeta> = {}): EntryMeta {
  const ages = { receivedAt: 1e12, initialAgeMs: 5, freshForMs: 60_000, staleWhileRevalidateMs: 1_000, staleIfErrorMs: 2_000 };
  return { kind: 0, status: 200, flags: 0, ...ages, head: 'content-type: text/plain\r\n', tags: [], bodyBytes: -1, ...meta };
}

/** Puts a whole entry in. @returns False when there was no room. */
export function put(store: MemoryStore, key: string, body: Uint8Array | string, meta: Partial<EntryMeta> = {}): boolean {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
  const writer = store.begin(key, metaOf({ bodyBytes: bytes.length, ...meta }));
  if (writer === null || !writer.append(bytes, 0, bytes.length)) return false;
  writer.finish();
  return true;
}

/** The body's text under a key; null when there is none. */
export function read(store: MemoryStore, key: string): string | null {
  const entry = store.find(key);
  if (entry === null) return null;
  const text = entry.text();
  entry.release();
  return text;
}

/** All of a body in one piece. */
export function bodyOf(entry: MemoryEntry): Buffer {
  return Buffer.concat(entry.pieces(0, entry.available));
}

/** A body of which each byte is decided by its key, its version and its place. @param bytes At least 4. */
export function provingBody(key: number, version: number, bytes: number): Uint8Array {
  const body = new Uint8Array(bytes);
  new DataView(body.buffer).setUint32(0, version);
  for (let at = 4; at < bytes; at++) body[at] = byteAt(key, version, at);
  return body;
}

/** @throws Error when the pieces are not one whole body (or the beginning of one) of this key. */
export function checkProof(key: number, pieces: readonly Uint8Array[]): void {
  let version = 0;
  let at = 0;
  for (const piece of pieces) {
    for (const byte of piece) {
      if (at < 4) version = (version << 8) | byte;
      else if (byte !== byteAt(key, version, at)) throw new Error(`byte ${at} of key ${key}, version ${version}, is another's: ${byte}`);
      at++;
    }
  }
}

function byteAt(key: number, version: number, at: number): number {
  return mix32(Math.imul(key, 0x9e3779b1) ^ Math.imul(version, 0x85ebca6b) ^ (at >> 4)) & 0xff;
}
