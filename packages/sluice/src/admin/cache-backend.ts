/** What the admin API needs of caches: the control plane plugs in here. */
import type { PurgeOrder } from '../core/caching/purge-order.ts';

export interface CacheBackend {
  /** What runs now, a cache each. */
  status(): readonly AdminCacheStatus[];
  /** Replies in memory, the most used first; null: there is no such cache. */
  top(cache: string, limit: number): readonly AdminCachedReply[] | null;
  /** Resolves when it holds on this node, and others have been told. */
  purge(order: PurgeOrder): Promise<readonly { readonly cache: string; readonly entries: number }[]>;
  /** Files that are pushed into a cache; null: there is no such cache, or no route shows them. */
  pushes(cache: string): PushBackend | null;
}

/** Where a version of files lies. */
export interface PushedPlace {
  readonly host: string;
  readonly prefix: string;
}

/** What a file is besides its content. */
export interface PushedFileFields {
  /** Field lines, each with CRLF. */
  readonly head: string;
  readonly tags: readonly string[];
  readonly ttlMs: number;
}

/** `control/caching/push-keeper.ts` is it. */
export interface PushBackend {
  readonly objectBytesMax: number;
  status(): readonly (PushedPlace & { readonly id: string; readonly version: string; readonly files: number; readonly isShown: boolean })[];
  begin(place: PushedPlace, version: string): { readonly id: string } | string;
  write(id: string, file: PushedFileFields & { readonly path: string; readonly bodyBytes: number }): PushedFileWriter | string;
  show(id: string): string | null;
  tooLarge(path: string): string;
}

export interface PushedFileWriter {
  append(bytes: Uint8Array): boolean;
  finish(): number;
  abort(): void;
}

export interface AdminCacheStatus {
  readonly name: string;
  readonly entries: number;
  readonly bytes: number;
  readonly capacityBytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly insertions: number;
  readonly evictions: number;
}

/** `control/caching/cache-keeper.ts` says what its members mean. */
export interface AdminCachedReply {
  readonly url: string;
  readonly isVariant: boolean;
  readonly hits: number;
  readonly status: number;
  readonly bytes: number;
  readonly freshUntil: number;
  readonly isPurged: boolean;
}
