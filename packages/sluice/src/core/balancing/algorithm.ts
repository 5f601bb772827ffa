/** The names of the algorithms, once: the configuration offers them, `balancers.ts` makes them. */

/** Every algorithm, by its published name. */
export const ALGORITHMS = [
  'round-robin',
  'smooth-wrr',
  'random',
  'p2c',
  'least-connections',
  'least-response-time',
  'least-bandwidth',
  'peak-ewma',
  'prequal',
  'resource',
  'ip-hash',
  'hash',
  'first-fit',
] as const;

export type Algorithm = (typeof ALGORITHMS)[number];
