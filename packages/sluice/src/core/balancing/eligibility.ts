/**
 * May this candidate take one more request? Shared by all algorithms. Reads of the shared counts are plain: they may be a
 * few nanoseconds old, so a bound may be passed by as many requests as there are workers picking at the same instant.
 */
import type { Candidates } from './balancer.ts';
import type { EndpointTable } from './endpoint-table.ts';

/** No candidates, for balancers that have not been told of any. */
export const NO_CANDIDATES: Candidates = {
  count: 0,
  slots: new Int32Array(0),
  weights: new Float64Array(0),
  addresses: [],
  requestsMax: new Int32Array(0),
};

/** Whether an earlier attempt went to this slot; `tried` holds a handful at most. */
export function isTried(tried: readonly number[], slot: number): boolean {
  for (let index = 0; index < tried.length; index++) if (tried[index] === slot) return true;
  return false;
}

/** Whether the candidate at `index` is neither tried nor full. */
export function isOpen(table: EndpointTable, candidates: Candidates, index: number, tried: readonly number[]): boolean {
  const slot = candidates.slots[index]!;
  const limit = candidates.requestsMax[index]!;
  if (limit !== 0 && table.inflight[slot]! >= limit) return false;
  return tried.length === 0 || !isTried(tried, slot);
}

/** The first open candidate at or after `start`, wrapping around; -1 when there is none. O(n), for when luck ran out. */
export function findOpen(table: EndpointTable, candidates: Candidates, start: number, tried: readonly number[]): number {
  for (let index = start; index < candidates.count; index++) if (isOpen(table, candidates, index, tried)) return index;
  for (let index = 0; index < start; index++) if (isOpen(table, candidates, index, tried)) return index;
  return -1;
}
