/** What a service takes at once, and what happens to the rest: breaker, adaptive concurrency, queue, shedding. */
import { duration, share, whole } from './scalar.ts';
import { optIn, preset, section } from './section.ts';

const breaker = section('an object about the circuit breaker', {
  failureShare: preset(share(0.01), 0.5).describe('Opens when this share of the requests failed.'),
  requestVolume: whole(1, 1_000_000).default(20).describe('Requests within the window that are needed for a verdict.'),
  window: preset(duration('100ms', '1h'), '10s').describe('The time looked at.'),
  open: preset(duration('100ms', '1h'), '5s').describe('How long it stays open: every request is answered with 503.'),
  trialRequests: whole(1, 1000).default(1).describe('Requests let through then, to see whether the service is back.'),
}).meta({ id: 'Breaker', title: 'Circuit breaker', description: "Stops sending to a service that fails (Hystrix's rules)." });

const adaptive = section('an object about adaptive concurrency', {
  initial: whole(1, 1_000_000).default(20).describe('Requests in flight at the start.'),
  min: whole(1, 1_000_000).default(10).describe('Never fewer.'),
  max: whole(1, 1_000_000).default(1000).describe('Never more.'),
}).meta({
  id: 'Adaptive',
  title: 'Adaptive concurrency',
  description: 'Finds the concurrency at which latency begins to grow (Gradient2).',
});

/** Bounds of a service. */
export const limitsSchema = section('an object of limits', {
  requestsMax: whole(0, 10_000_000).default(0).describe('Requests in flight, over all workers. 0 is no bound.'),
  connectionsMax: whole(0, 10_000_000).default(0).describe('Upstream connections, over all workers. 0 is no bound.'),
  retriesMax: whole(0, 10_000_000).default(0).describe('Retries in flight, over all workers, beside the retry budget. 0 is no bound.'),
  breaker: optIn(breaker).describe('Circuit breaker; off unless given.'),
  adaptive: optIn(adaptive).describe('Adaptive concurrency; off unless given.'),
  queueMax: whole(0, 1_000_000).default(100).describe('Requests that may wait, per worker, when a limit is reached. 0 sheds at once.'),
  queueTimeout: preset(duration('1ms', '10m'), '1s').describe('How long they may wait before they are shed with 503.'),
  retryAfter: preset(duration('1s', '24h'), '1s').describe('Retry-After of a shed request, in whole seconds.'),
}).meta({ id: 'Limits', title: 'Limits', description: 'What a service takes at once, over all workers.' });
