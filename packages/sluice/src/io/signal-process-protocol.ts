/** What we and the process of the configuration's functions say to each other. */
import type { ScalingFacts } from '../config/scaling-facts.ts';

/** To the process: call this function. */
export interface SignalCall {
  /** Rises by one with each call. */
  readonly id: number;
  /** Where the function stands in the configuration. */
  readonly key: readonly (string | number)[];
  readonly facts: ScalingFacts;
}

/** From it: the configuration is loaded, or why not; then one answer for each call. */
export type FromSignalProcess =
  | { readonly type: 'loaded'; readonly fault: string | null }
  | { readonly type: 'answer'; readonly id: number; readonly value: number }
  | { readonly type: 'fault'; readonly id: number; readonly reason: string };
