/** The loads that the rows use, in instances' worth of capacity, so that 1 is what one instance can just do. */
import { seededRandom } from '../../packages/sluice/src/base/random.ts';

/** Load at a time in seconds. */
export type Load = (seconds: number) => number;

export interface Trace {
  readonly name: string;
  readonly seconds: number;
  readonly load: Load;
}

/** From one load to another at `atSeconds`, and back at `backSeconds`. */
export function stepTrace(seconds: number, from: number, to: number, atSeconds: number, backSeconds: number): Trace {
  return { name: 'step', seconds, load: (second) => (second >= atSeconds && second < backSeconds ? to : from) };
}

/** Around `mean`, by `amplitude` up and down, lowest at the start. */
export function sineTrace(seconds: number, mean: number, amplitude: number, periodSeconds: number): Trace {
  const load = (second: number): number => mean - amplitude * Math.cos((2 * Math.PI * second) / periodSeconds);
  return { name: `sine, ${periodSeconds} s`, seconds, load };
}

/** A base with noise that changes each 5 s (log-normal), and spikes of 2 to 8 s, once in 30 to 90 s, to three to five times as much. */
export function spikeTrace(seconds: number, base: number, seed: number): Trace {
  const random = seededRandom(seed);
  const values = new Float64Array(seconds);
  for (let slot = 0; slot < seconds; slot += 5) values.fill(base * Math.exp(0.15 * normal(random)), slot, slot + 5);
  for (let at = 30 + 60 * random(); at < seconds; at += 30 + 60 * random()) {
    const [length, height] = [2 + Math.floor(7 * random()), 3 + 2 * random()];
    for (let second = Math.floor(at); second < Math.min(seconds, at + length); second++) values[second] = base * height;
  }
  return { name: 'spikes and noise', seconds, load: (second) => values[Math.floor(second)] ?? base };
}

/** Requests per minute, played at one minute per second, with the peak at `peak`. */
export function seriesTrace(name: string, values: readonly number[], peak: number): Trace {
  const scale = peak / Math.max(...values);
  return { name, seconds: values.length, load: (second) => (values[Math.floor(second)] ?? 0) * scale };
}

/** Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
