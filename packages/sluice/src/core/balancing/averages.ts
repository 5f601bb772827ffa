/**
 * Moving averages that all workers share, kept in the endpoint table by plain writes: two workers that end a request in the
 * same instant may lose one sample, which an average does not notice.
 *
 * Samples come at irregular times, so each counts for the time it stands for: weight 1 - e^(-Δt/τ) (Finagle's `Ema`).
 */
import type { Instant } from '../../base/time.ts';
import type { EndpointTable } from './endpoint-table.ts';

/** A failure counts as at least this slow: errors are fast, and a fast failing endpoint must not look like a good one. */
const FAILURE_LATENCY_MS = 1000;
/** And doubles the average, up to here. */
const FAILURE_LATENCY_MAX_MS = 30_000;
/** Zero means "no sample yet" in the table, so that no sample is smaller than this. */
const LATENCY_MIN_MS = 0.001;

/** The latency that an ended request counts as. */
export function latencySample(average: number, latencyMs: number, failed: boolean): number {
  if (!failed) return latencyMs > LATENCY_MIN_MS ? latencyMs : LATENCY_MIN_MS;
  const doubled = Math.min(average * 2, FAILURE_LATENCY_MAX_MS);
  return Math.max(latencyMs, doubled, FAILURE_LATENCY_MS);
}

/**
 * Takes a latency into an endpoint's average.
 * @param peak A sample above the average replaces it at once, one below only pulls (peak EWMA).
 * @param decayMs Time constant τ.
 */
export function averageLatency(table: EndpointTable, slot: number, sampleMs: number, peak: boolean, decayMs: number, now: Instant): void {
  const average = table.latencyEwma[slot]!;
  const elapsed = Math.max(0, now - table.latencyStamp[slot]!);
  if (average === 0 || (peak && sampleMs > average)) table.latencyEwma[slot] = sampleMs;
  else table.latencyEwma[slot] = sampleMs + (average - sampleMs) * Math.exp(-elapsed / decayMs);
  table.latencyStamp[slot] = now;
}

/** Takes a request's bytes into an endpoint's rate (bytes per second, both ways). */
export function averageBytes(table: EndpointTable, slot: number, bytes: number, decayMs: number, now: Instant): void {
  const elapsed = Math.max(0, now - table.bytesStamp[slot]!);
  table.bytesRate[slot] = table.bytesRate[slot]! * Math.exp(-elapsed / decayMs) + bytes / (decayMs / 1000);
  table.bytesStamp[slot] = now;
}

const STEPS_PER_DECAY = 32;
const DECAYS = 16;
const FACTORS = Float64Array.from({ length: STEPS_PER_DECAY * DECAYS + 1 }, (_, step) =>
  step === STEPS_PER_DECAY * DECAYS ? 0 : Math.exp(-step / STEPS_PER_DECAY),
);

/**
 * e^(-elapsed/τ) from a table: 2 ns instead of 15, at most 3.2 % too large; 0 after 16 τ. For scans; updates use the exact one.
 * @param stepsPerMs `stepsPerMs(decayMs)`, worked out once.
 */
export function decayFactor(elapsedMs: number, stepsPerMs: number): number {
  const step = elapsedMs * stepsPerMs;
  if (!(step > 0)) return 1;
  return step < STEPS_PER_DECAY * DECAYS ? FACTORS[step | 0]! : 0;
}

/** What `decayFactor` multiplies elapsed time by. */
export function stepsPerMs(decayMs: number): number {
  return STEPS_PER_DECAY / decayMs;
}
