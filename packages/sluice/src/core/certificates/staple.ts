/** When an OCSP answer is fetched again. */
import { exponentialMs } from '../../base/exponential.ts';
import type { Random } from '../../base/random.ts';
import type { Timestamp } from '../../base/time.ts';

export interface StapleFacts {
  /** The answer that is there; null when there is none. */
  readonly staple: { readonly thisUpdate: Timestamp; readonly nextUpdate: Timestamp | null } | null;
  /** In a row. */
  readonly failures: number;
  readonly now: Timestamp;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Nobody sleeps longer: clocks are set, machines are suspended. */
const PAUSE_MAX_MS = 12 * HOUR_MS;
const PAUSE_MIN_MS = 5 * MINUTE_MS;

/** Half of the answer's life, an hour when it names no end; after failures 30 s, doubling to an hour. A tenth less at random. */
export function nextFetchMs({ staple, failures, now }: StapleFacts, random: Random): number {
  const jitter = 1 - 0.1 * random();
  if (failures > 0) return Math.round(exponentialMs(failures, MINUTE_MS / 2, HOUR_MS) * jitter);
  if (staple === null || staple.nextUpdate === null) return Math.round(HOUR_MS * jitter);
  const half = staple.thisUpdate + (staple.nextUpdate - staple.thisUpdate) / 2;
  return Math.round(Math.min(Math.max(half - now, PAUSE_MIN_MS), PAUSE_MAX_MS) * jitter);
}
