/** One objective, with the history of its service. Kept over reloads that leave the objective as it is. */
import { BUCKET_BOUNDS_MS, BUCKET_COUNT } from '../../base/histogram.ts';
import { formatDuration } from '../../config/quantity.ts';
import { BASE_PERIOD_MS } from '../../core/alerting/burn-history.ts';
import { BURN_ALERTS, BurnRate } from '../../core/alerting/burn-rate.ts';
import type { Slo } from '../../core/alerting/rule.ts';
import type { Finding } from '../../core/alerting/sample.ts';
import { BUCKETS } from '../../observe/metric-layout.ts';
import type { MetricReader, ServiceCounts } from './metric-reader.ts';

export class SloWatch {
  readonly slo: Slo;
  readonly #burn: BurnRate;
  /** The first bucket that is too slow. */
  readonly #slowFrom: number;

  constructor(slo: Slo) {
    this.slo = slo;
    this.#burn = new BurnRate(slo);
    this.#slowFrom = slo.latencyMs === null ? BUCKET_COUNT : BUCKET_BOUNDS_MS.indexOf(slo.latencyMs) + 1;
  }

  look(reader: MetricReader, now: number): readonly Finding[] {
    const counts = reader.service(this.slo.service);
    return counts === null ? [] : this.#burn.look(counts.total, this.#bad(counts), now);
  }

  /** One that failed slowly counts twice: that is why there is a bound. */
  #bad({ total, failed, row }: ServiceCounts): number {
    let bad = failed;
    for (let bucket = this.#slowFrom; bucket < BUCKET_COUNT; bucket++) bad += row[BUCKETS + bucket]!;
    return Math.min(total, bad);
  }
}

/** In words: which burn rates over which windows. */
export function sloCondition({ objective, latencyMs, periodMs, isPageOnly, failuresMin }: Slo): string {
  const scale = periodMs / BASE_PERIOD_MS;
  const rates = BURN_ALERTS.filter(({ severity }) => !isPageOnly || severity === 'critical').map(
    ({ rate, longMs, shortMs }) =>
      `${rate}× over ${formatDuration(Math.round(longMs * scale))} and ${formatDuration(Math.round(shortMs * scale))}`,
  );
  const within = latencyMs === null ? '' : ` within ${formatDuration(latencyMs)}`;
  const good = `${Number((objective * 100).toFixed(4))} % good${within} in ${formatDuration(periodMs)}`;
  return `${good}; budget burns ${rates.join(', or ')}; at least ${failuresMin} failures`;
}
