/** What came of reading the configuration again. */
export type ReloadResult =
  /** `changes` in words; empty when nothing differed. */
  | { readonly ok: true; readonly generation: number; readonly changes: readonly string[]; readonly tookMs: number }
  /** The old configuration runs on. */
  | { readonly ok: false; readonly faults: readonly string[] };
