/** What a worker counts in the memory that all workers of the process share: the table, the counts in flight that it has raised, and what keys are hashed with. */
import { ConcurrencyCounts } from '../../core/rate-limiting/concurrency.ts';
import { HalfSipHash } from '../../core/rate-limiting/half-sip-hash.ts';
import { LimitTable } from '../../core/rate-limiting/limit-table.ts';
import { memoryKey } from '../../config/memory-plan.ts';
import type { SharedParts } from '../filters/shared-parts.ts';

export class LimitCounts {
  readonly table: LimitTable;
  readonly concurrency: ConcurrencyCounts;
  readonly hash: HalfSipHash;

  constructor(memory: SharedArrayBuffer, worker: number) {
    this.table = new LimitTable(memory);
    this.concurrency = new ConcurrencyCounts(this.table, worker);
    this.hash = new HalfSipHash(this.table.secret);
  }
}

/** Those of this worker. One object for all limits, because it knows which of its notes are free. */
export function limitCounts(shared: SharedParts, worker: number): LimitCounts {
  const memory = shared.memories[memoryKey({ kind: 'limits', name: 'limits' })];
  if (memory === undefined) throw new Error('no memory for rate limits: the plan has none');
  return shared.get(`limits ${memory.byteLength}`, () => new LimitCounts(memory, worker));
}
