/** Options of `decompressLimit`. Sizes in bytes. */
export interface DecompressLimitPlan {
  /** `decode`: the service gets the content without its coding; `check`: as it came, once it is known to be sound. */
  readonly mode: 'decode' | 'check';
  /** Of the decoded content; what comes coded may not be more either. */
  readonly bytesMax: number;
  /** Decoded bytes for one that came, at most; the first 64 KiB are free. */
  readonly ratioMax: number;
}
