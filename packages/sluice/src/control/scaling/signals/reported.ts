/** What the applications say of themselves (ORCA): event loop, its delay, jobs that wait. Over the ready instances whose report is fresh. */
import type { Figure } from '../../../core/scaling/sample.ts';
import type { Glance, SignalReader } from './glance.ts';

/** Older reports are not believed. */
const REPORT_MS = 10_000;
/** A service that was asked nothing for so long has no fresh report, because it had no reply to put it in. */
export const QUIET_MS = REPORT_MS;

/** Mean share 0..1 of the time that the event loops were busy. */
export const eventLoopSignal: SignalReader = { read: (glance) => mean(glance, glance.table.reportedEventLoop) };

/** Mean delay of the event loops, in ms. */
export const eventLoopDelaySignal: SignalReader = { read: (glance) => mean(glance, glance.table.reportedEventLoopDelay) };

/** Jobs that wait, over all instances; those that say nothing have as many as the others do on average. */
export const jobsSignal: SignalReader = {
  read(glance) {
    const { sum, known } = freshSum(glance, glance.table.reportedJobs);
    return known === 0 ? null : { value: (sum / known) * glance.ready.length, per: 'service' };
  },
};

/** Whether the endpoint in this row reported lately. */
export function isFresh({ table, now }: Glance, slot: number): boolean {
  return slot >= 0 && table.reportedStamp[slot]! > 0 && now - table.reportedStamp[slot]! <= REPORT_MS;
}

function mean(glance: Glance, column: Float64Array): Figure | null {
  const { sum, known } = freshSum(glance, column);
  if (known === 0) return glance.quietMs > QUIET_MS ? { value: 0, per: 'instance' } : null;
  return { value: sum / known, per: 'instance' };
}

function freshSum(glance: Glance, column: Float64Array): { sum: number; known: number } {
  let sum = 0;
  let known = 0;
  for (const { slot } of glance.ready) {
    if (!isFresh(glance, slot) || column[slot]! < 0) continue;
    sum += column[slot]!;
    known += 1;
  }
  return { sum, known };
}
