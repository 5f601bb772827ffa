/** Options of `bodyLimit`. */
export interface BodyLimitPlan {
  /** Bytes of a request's content; more is answered 413. */
  readonly bytesMax: number;
}
