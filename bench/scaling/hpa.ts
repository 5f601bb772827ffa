/**
 * The Kubernetes Horizontal Pod Autoscaler (autoscaling/v2) with its documented defaults: a loop of 15 s over metrics that are scraped every 15 s and are means
 * over the 15 s before, tolerance 0.1, out by at most the larger of 100 % and 4 per 15 s, in by at most 100 % per 15 s, and in only to the largest
 * answer of the last 300 s. Figures come from all pods: here every pod that is ready has one.
 *
 * `concurrency` sees waiting requests too, which is the best that it can be given; `cpu` is the usual one, and cannot rise above 1.
 */
import type { Autoscaler, ServiceView } from './autoscaler.ts';

export interface HpaOptions {
  readonly metric: 'concurrency' | 'cpu';
  /** Requests at once per pod, or the share of CPU. */
  readonly target: number;
  /** Requests at once that are 100 % of a pod's CPU. */
  readonly concurrency: number;
}

const LOOP_MS = 15_000;
const SCRAPE_MS = 15_000;
/** The scraper's clock and the loop's have nothing to do with each other; half a period is the mean age. */
const SCRAPE_PHASE_MS = 7_500;
const DOWN_WINDOW_MS = 300_000;
const TOLERANCE = 0.1;

export class Hpa implements Autoscaler {
  readonly name: string;
  /** The scraper looks each half second; the loop decides at every thirtieth look. */
  readonly periodMs = 500;
  readonly #options: HpaOptions;
  #scraped: { readonly total: number; readonly seconds: number } = { total: 0, seconds: 0 };
  #scrapeAt = SCRAPE_PHASE_MS;
  #decideAt = LOOP_MS;
  #perPod: number | null = null;
  #recommendations: { readonly atMs: number; readonly count: number }[] = [];

  constructor(options: HpaOptions) {
    this.#options = options;
    this.name = options.metric === 'cpu' ? 'HPA, CPU' : 'HPA, concurrency';
  }

  decide(view: ServiceView): number {
    if (view.nowMs >= this.#scrapeAt) this.#scrape(view);
    if (view.nowMs < this.#decideAt) return view.wanted;
    this.#decideAt += LOOP_MS;
    return this.#perPod === null ? view.wanted : this.#paced(this.#desired(view, this.#perPod), view);
  }

  #scrape(view: ServiceView): void {
    this.#scrapeAt += SCRAPE_MS;
    const total = this.#options.metric === 'cpu' ? view.busySeconds / this.#options.concurrency : view.concurrencySeconds;
    const seconds = view.nowMs / 1_000;
    const mean = (total - this.#scraped.total) / (seconds - this.#scraped.seconds);
    this.#perPod = mean / Math.max(1, view.ready);
    this.#scraped = { total, seconds };
  }

  /** `ceil(current × ratio)`, or as many as there are within the tolerance. */
  #desired({ ready, wanted }: ServiceView, perPod: number): number {
    const ratio = perPod / this.#options.target;
    return Math.abs(ratio - 1) <= TOLERANCE ? wanted : Math.ceil(ready * ratio - 1e-9);
  }

  /** One decision per period, so what the period has changed already is nothing. */
  #paced(desired: number, { nowMs, wanted }: ServiceView): number {
    this.#recommendations = this.#recommendations.filter(({ atMs }) => atMs > nowMs - DOWN_WINDOW_MS);
    this.#recommendations.push({ atMs: nowMs, count: desired });
    const most = Math.max(...this.#recommendations.map(({ count }) => count));
    const stable = desired < wanted ? Math.min(wanted, most) : desired;
    return Math.min(stable, Math.max(wanted * 2, wanted + 4));
  }
}
