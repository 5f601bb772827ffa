/** Options of `fixed`: a reply that is always the same. */
export interface FixedPlan {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** As it goes on the wire: one character per byte. */
  readonly body: string;
  /** Where the body is read from; empty: nowhere. Absolute once the plan runs. */
  readonly file: string;
}
