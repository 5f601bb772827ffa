/** What an entry says of itself, and how that lies in a slot's words and in its head chain: tags (two words each), the key, the head. */
import { assert } from '../../../base/assert.ts';
import type { ChainCursor } from './extent-chain.ts';
import type { KeyHash } from './key-hash.ts';
import {
  FLAGS,
  FRESH_FOR,
  HEAD_LENGTH,
  INITIAL_AGE,
  KEY_LENGTH,
  RECEIVED_AT,
  SHAPE,
  SLOT_FLOATS,
  STALE_ERROR,
  STALE_REVALIDATE,
} from './memory-layout.ts';
import type { StoreViews } from './store-views.ts';

export const KEY_LENGTH_MAX = 16_384;
export const HEAD_LENGTH_MAX = 262_144;
export const TAGS_MAX = 64;
export const TAG_LENGTH_MAX = 256;
const TAG_BYTES = 8;

/** 0 a reply, 1 a list of what it varies by, 2 a note that this key is not to be waited for. */
export type EntryKind = 0 | 1 | 2;

export interface EntryMeta {
  readonly kind: EntryKind;
  /** 0 to 1023. */
  readonly status: number;
  /** Any 32 bits; the store does not look at them. */
  readonly flags: number;
  /** Wall milliseconds, as the caller counts them. */
  readonly receivedAt: number;
  readonly initialAgeMs: number;
  readonly freshForMs: number;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  /** Latin-1, at most 256 KiB. */
  readonly head: string;
  /** At most 64 of at most 256 characters; kept as 64-bit hashes. */
  readonly tags: readonly string[];
  /** Bytes of the whole body; -1 while unknown. */
  readonly bodyBytes: number;
}

/** Bytes of the head chain. */
export function headChainBytes(key: string, isWide: boolean, meta: EntryMeta): number {
  return meta.tags.length * TAG_BYTES + key.length * (isWide ? 2 : 1) + meta.head.length;
}

/** @throws {AssertionError} when a number is out of its range. */
export function checkMeta(meta: EntryMeta): void {
  assert(meta.head.length <= HEAD_LENGTH_MAX, `a head has at most ${HEAD_LENGTH_MAX} characters, not ${meta.head.length}`);
  assert(meta.tags.length <= TAGS_MAX, `an entry has at most ${TAGS_MAX} tags, not ${meta.tags.length}`);
  for (const tag of meta.tags) assert(tag.length <= TAG_LENGTH_MAX, `a tag has at most ${TAG_LENGTH_MAX} characters, not ${tag.length}`);
  assert(meta.status >= 0 && meta.status < 1_024, `a status is 0..1023, not ${meta.status}`);
  assert(Number.isInteger(meta.bodyBytes) && meta.bodyBytes >= -1, `bodyBytes is -1 or a number of bytes, not ${meta.bodyBytes}`);
}

/** Writes the numbers. @param slot Its number; @param base where its words begin. */
export function writeNumbers(views: StoreViews, slot: number, base: number, meta: EntryMeta, isWide: boolean): void {
  const { words, floats } = views;
  words[base + SHAPE] = meta.status | (meta.kind << 10) | (isWide ? 1 << 12 : 0) | (meta.tags.length << 13);
  words[base + FLAGS] = meta.flags;
  words[base + HEAD_LENGTH] = meta.head.length;
  const first = views.slotFloatsAt + slot * SLOT_FLOATS;
  floats[first + RECEIVED_AT] = meta.receivedAt;
  floats[first + INITIAL_AGE] = meta.initialAgeMs;
  floats[first + FRESH_FOR] = meta.freshForMs;
  floats[first + STALE_REVALIDATE] = meta.staleWhileRevalidateMs;
  floats[first + STALE_ERROR] = meta.staleIfErrorMs;
}

/** Writes the head chain, which the cursor stands at the beginning of. */
export function writeHeadChain(cursor: ChainCursor, key: string, isWide: boolean, meta: EntryMeta, hash: KeyHash): void {
  for (const tag of meta.tags) {
    hash.of(tag);
    cursor.putWord(hash.first);
    cursor.putWord(hash.second);
  }
  if (isWide) cursor.putWideText(key);
  else cursor.putText(key);
  cursor.putText(meta.head);
}

/** Where the key begins in the head chain. */
export function keyAt(shape: number): number {
  return tagsOf(shape) * TAG_BYTES;
}

/** Whether the key of a slot is this one. The cursor stands at the beginning of the head chain. */
export function isKey(cursor: ChainCursor, words: Int32Array, base: number, key: string): boolean {
  if (words[base + KEY_LENGTH] !== key.length) return false;
  const shape = words[base + SHAPE]!;
  cursor.skip(keyAt(shape));
  return isWideShape(shape) ? cursor.isWideText(key) : cursor.isText(key);
}

/** Whether a text has characters beyond Latin-1. */
export function isWideText(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0xff) return true;
  return false;
}

export function statusOf(shape: number): number {
  return shape & 0x3ff;
}

export function kindOf(shape: number): EntryKind {
  return ((shape >> 10) & 3) as EntryKind;
}

export function isWideShape(shape: number): boolean {
  return (shape & (1 << 12)) !== 0;
}

export function tagsOf(shape: number): number {
  return (shape >>> 13) & 0x7f;
}
