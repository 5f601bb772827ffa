/**
 * Functions in a configuration that say how loaded a service is. The function stays in the module: the Plan has only its place, and whoever evaluates
 * it loads the module again, in a process of its own, and finds it there.
 */
import { type Path, valueAt } from './fault.ts';

/** What a signal's function is told. */
export interface ScalingFacts {
  readonly service: string;
  /** Instances that take requests, and instances asked for. */
  readonly ready: number;
  readonly wanted: number;
  /** Requests in flight over the service, waiting ones included. */
  readonly inflight: number;
  readonly requestsPerSecond: number;
  /** ISO 8601, in UTC. */
  readonly now: string;
}

/** A signal of its own: a number in whatever unit its target has. What is not a finite number counts as unknown, and so does a throw. */
export type SignalFunction = (facts: ScalingFacts) => number | Promise<number>;

/**
 * The function that stands in a configuration module's value.
 * @param key Of a `SignalPlan` of kind `function`.
 * @returns Null when there is none: the file is another one by now.
 */
export function functionAt(config: unknown, key: Path): SignalFunction | null {
  const found = valueAt(config, key);
  return typeof found === 'function' ? (found as SignalFunction) : null;
}
