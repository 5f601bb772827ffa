/**
 * How many instances, and how fast that may change. The defaults of `behavior` follow Knative where rises are concerned (max-scale-up-rate 1000) and Kubernetes' HPA in the tolerance; a fall
 * is slower than either's rise: half of them each 10 s, once 15 s agree on it. Windows are shorter than Knative's (60 s and 6 s with a look each 2 s) because Sluice looks each second at
 * counters of its own: measured beside models of both (`npm run bench -- --only scaling`), that answers a step sooner and flaps no more.
 */
import * as z from 'zod';
import { scalePolicySchema } from './scale-policy.ts';
import { decimal, duration, share, size, whole } from './scalar.ts';
import { optIn, optional, preset, section } from './section.ts';

const rate = (direction: string, defaults: { stabilization: string; share: number; count: number; period: string }) =>
  section(`an object such as { stabilization: '${defaults.stabilization}' }`, {
    stabilization: preset(duration('0s', '1h'), defaults.stabilization).describe(
      direction === 'out' ? 'The smallest answer of so long a time counts.' : 'The largest answer of so long a time counts.',
    ),
    share: preset(share(0, direction === 'out' ? 1_000 : 1), defaults.share).describe(
      'In each period at most this share of the ready ones, or `count` where that is more.',
    ),
    count: whole(0, 1_000).default(defaults.count).describe('In each period so many are always allowed.'),
    period: preset(duration('1s', '1h'), defaults.period).describe('The period of `share` and `count`.'),
  });

const out = rate('out', { stabilization: '0s', share: 10, count: 10, period: '1s' }).meta({
  id: 'ScaleOut',
  title: 'Scale-out',
  description: 'How fast instances may be added.',
});
const inwards = rate('in', { stabilization: '15s', share: 0.5, count: 1, period: '10s' }).meta({
  id: 'ScaleIn',
  title: 'Scale-in',
  description: 'How fast instances may be taken away.',
});

const behavior = section("an object such as { in: { stabilization: '5m' } }", {
  out: preset(out, {}).describe('How fast instances may be added.'),
  in: preset(inwards, {}).describe('How fast instances may be taken away.'),
  tolerance: preset(share(0, 1), 0.1).describe('Share by which a figure may miss its target before anything is done.'),
  cooldown: preset(duration('0s', '24h'), '0s').describe('After instances were added, none is taken away for so long.'),
  warmUp: preset(duration('0s', '1h'), '0s').describe('An instance counts only so long after it got ready.'),
}).meta({ id: 'ScaleBehavior', title: 'Behavior', description: 'Rates and memory of the scaling.' });

const park = section("an object such as { requests: 500, wait: '10s' }", {
  requests: whole(0, 1_000_000).default(1_000).describe('Requests that may wait, over all workers. 0 parks none.'),
  bytes: preset(size('0B', '64GiB'), '64MiB').describe('Bytes of their heads and bodies read so far.'),
  wait: preset(duration('1ms', '1h'), '30s').describe('Then they are answered with 503 and Retry-After.'),
}).meta({ id: 'Park', title: 'Parking', description: 'Requests that wait while no instance can take them.' });

const rebalance = section('an object such as { share: 0.1 }, true or false', {
  share: preset(share(0.001, 1), 0.05).describe("Share of the most loaded instances' long-lived connections that is closed in each step."),
  every: preset(duration('1s', '1h'), '10s').describe('Between two steps.'),
  above: decimal(1.01, 100).default(1.2).describe('An instance is too loaded from this multiple of the mean.'),
}).meta({
  id: 'Rebalance',
  title: 'Rebalancing',
  description:
    'After a scale-out, ends WebSockets, event streams and gRPC calls that stream of loaded instances, so that they come back elsewhere. Other requests go to new instances at once, also on open HTTP/2 connections.',
});

const cost = section('an object such as { instanceHour: 0.04, ceiling: 1 }', {
  instanceHour: decimal(0, 1_000_000).describe('What an instance costs in an hour, in whatever money.'),
  ceiling: decimal(0, 1_000_000_000).describe('What all instances of the service together may cost in an hour.'),
}).meta({ id: 'Cost', title: 'Cost', description: 'A ceiling in money: no instance is added past it.' });

const detailed = section('a whole number 1..1000, or an object such as { min: 1, max: 10 }', {
  min: whole(0, 1_000).default(1).describe('Never fewer. 0 lets the service sleep.'),
  max: whole(1, 1_000).optional().describe('Never more. Without it, as many as `min`, and at least one.'),
  initial: whole(0, 1_000).optional().describe('At the start. Without it `min`, and at least one, which shows that the service can start.'),
  concurrency: whole(0, 1_000_000).default(0).describe('Requests in flight that one instance may have, a hard bound. 0 is none.'),
  scale: preset(
    z
      .array(scalePolicySchema, { error: "must be a list such as [{ signal: 'in-flight', target: 20 }]" })
      .max(32, 'must have at most 32 policies'),
    [],
  ).describe('What decides between `min` and `max`. The largest answer wins. Empty: `initial`, or what `sluice scale` says.'),
  behavior: preset(behavior, {}).describe('Rates and memory of the scaling.'),
  idle: preset(duration('1s', '24h'), '5m').describe('With `min: 0`: without a request for so long, the service goes to sleep.'),
  park: preset(park, {}).describe('Requests that wait while no instance can take them.'),
  rebalance: optIn(rebalance).describe('Evens out long-lived connections after a scale-out. Off unless given.'),
  cost: optional(cost, 'an object such as { instanceHour: 0.04, ceiling: 1 }').describe('A ceiling in money. None unless given.'),
}).meta({ id: 'Replicas', title: 'Replicas', description: 'How many instances, and what decides it.' });

const fixed = whole(1, 1_000).transform((count) => detailed.parse({ min: count, max: count }));

/** Instances of a service: a number, or bounds and policies. */
export const replicasSchema = z.union([fixed, detailed], {
  error: 'must be a whole number 1..1000, or an object such as { min: 1, max: 10 }',
});
