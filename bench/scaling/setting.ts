/** What the simulated service of all rows is like, and who decides for it. */
import type { Random } from '../../packages/sluice/src/base/random.ts';
import type { Autoscaler } from './autoscaler.ts';
import { Hpa } from './hpa.ts';
import { Kpa } from './kpa.ts';
import type { Outcome } from './outcome.ts';
import { inFlightPlan } from './plan.ts';
import { ServiceSimulation, type SimulationOptions } from './service-simulation.ts';
import { SluiceScaler } from './sluice-scaler.ts';
import type { Trace } from './traces.ts';

/** Requests at once per instance, and seconds per request: 50 ms, and 50 ms more on average (exponential). One instance does 100 requests/s. */
const CONCURRENCY = 10;
const MEAN_SECONDS = 0.1;
/** 70 % of the concurrency, which is Knative's default; the same for all. */
const TARGET = 7;
const BOUNDS = { min: 1, max: 20 };
/** A request alone is over it once in 150. */
export const LATENCY_TARGET_SECONDS = 0.3;

export interface Contender {
  readonly name: string;
  make(): Autoscaler;
}

export const contenders: readonly Contender[] = [
  { name: 'Sluice', make: () => new SluiceScaler(inFlightPlan(TARGET, BOUNDS)) },
  { name: 'KPA', make: () => new Kpa(TARGET) },
  { name: 'HPA, concurrency', make: () => new Hpa({ metric: 'concurrency', target: TARGET, concurrency: CONCURRENCY }) },
  { name: 'HPA, CPU', make: () => new Hpa({ metric: 'cpu', target: TARGET / CONCURRENCY, concurrency: CONCURRENCY }) },
];

/** Runs a trace once. Seeds also spread the phase between load and loop. */
export function simulate(trace: Trace, contender: Contender, seed: number, over: Partial<SimulationOptions> = {}): Outcome {
  const options: SimulationOptions = {
    rate: (second) => (trace.load(second) * CONCURRENCY) / MEAN_SECONDS,
    seconds: trace.seconds,
    serviceSeconds,
    concurrency: CONCURRENCY,
    startSeconds: 0.3,
    initial: 2,
    ...BOUNDS,
    waitingMax: Infinity,
    waitSeconds: Infinity,
    targetSeconds: LATENCY_TARGET_SECONDS,
    seed,
    phase: (seed * 0.37) % 1,
    ...over,
  };
  return new ServiceSimulation(options, contender.make()).run();
}

function serviceSeconds(random: Random): number {
  return MEAN_SECONDS / 2 - (MEAN_SECONDS / 2) * Math.log(1 - random());
}
