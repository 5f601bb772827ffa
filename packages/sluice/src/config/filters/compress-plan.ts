/** Options of `compress`: which replies are coded, in what, how well. Sizes in bytes. */
export interface CompressPlan {
  /** What is offered, in our order of preference. */
  readonly codings: readonly CompressCoding[];
  readonly levels: Readonly<Record<CompressCoding, number>>;
  /** Media types, lower case: `type/subtype`, `type/*`, `type/*+suffix`. */
  readonly types: readonly string[];
  /** Content that is known to be shorter is not coded. */
  readonly bytesMin: number;
  /** What is done about BREACH: nothing; a random length (gzip alone is offered then); nothing is coded for requests with credentials that may come from another site. */
  readonly breach: 'none' | 'pad' | 'skip-credentials';
  /** Origins are not told what clients take, so that all of it is coded here. */
  readonly isOffloaded: boolean;
}

/** RFC 9110 §8.4.1, RFC 7932, RFC 8878. */
export type CompressCoding = 'zstd' | 'br' | 'gzip';
