/** Where caches keep replies, and the stores that nodes share. Part of the Plan (`plan.ts`). */

/** One of the `caches`. */
export interface CacheStorePlan {
  readonly name: string;
  readonly memoryBytes: number;
  /** Larger replies are passed on without being kept. */
  readonly objectBytesMax: number;
  /** Null: no disk tier. */
  readonly disk: { readonly directory: string; readonly bytes: number } | null;
  /** Name of a store that all nodes share; null: none. */
  readonly shared: { readonly store: string; readonly prefix: string; readonly objectBytesMax: number } | null;
}

/** A Valkey or Redis that nodes share. */
export interface StorePlan {
  readonly name: string;
  /** With its password, if it has one: secret. */
  readonly url: string;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
  /** In front of every key. */
  readonly prefix: string;
}
