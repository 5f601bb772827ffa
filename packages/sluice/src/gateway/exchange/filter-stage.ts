/** A stage of a route's pipeline, as the exchange's side sees it. `filters/filter.ts` says what filters are. */

/** Goes on to the next stage. */
export const PASS = 0;
/** It has its answer, or will get it from here: nothing follows. */
export const ANSWERED = 1;
/** `pass.resume(verdict)` follows: from `pass.wait(promise)`, or by hand. */
export const WAIT = 2;
export type FilterVerdict = typeof PASS | typeof ANSWERED | typeof WAIT;

/** @template Pass `RequestPass`, of `request-pass.ts`. */
export interface FilterStage<Pass> {
  /**
   * Looks at a request. Must not throw for anything that a client sends; what it throws all the same answers 500 and is told once a minute, with the filter's name.
   * `pass.view` is valid during the call; after WAIT (`pass.hold()`) until `resume`.
   */
  onRequest(pass: Pass): FilterVerdict;
  /** The plan has gone, or the worker ends: timers and the like. Exchanges under way may still call back. */
  close?(): void;
}
