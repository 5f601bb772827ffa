/** What a look at a metric finds. */
import type { Labels } from './labels.ts';
import type { Severity } from './severity.ts';

export interface Sample {
  /** Labels as in the exposition: `service="web",code="5xx"`; what the series is known by. */
  readonly text: string;
  /** Of a summary its sum; of a histogram nothing that counts. */
  readonly value: number;
  /** Of a summary. */
  readonly count?: number;
  /** Of a histogram: samples per bucket of `base/histogram.ts`, not cumulative. */
  readonly buckets?: ArrayLike<number>;
}

/** Labels for which a rule holds, and what was measured. */
export interface Finding {
  readonly text: string;
  readonly labels: Labels;
  readonly value: number | null;
  /** Where it is not the rule's. */
  readonly severity?: Severity;
}
