/** How `rateLimit` is written. */
import * as z from 'zod';
import { WINDOW_LIMIT_MAX } from '../../../core/rate-limiting/sliding-window.ts';
import type { RateLimitKeyPart, RateLimitPlan } from '../../filters/rate-limit-plan.ts';
import { headerName } from '../header.ts';
import { choice, duration, flag, listOf, name, text, whole } from '../scalar.ts';
import { optional, preset, section } from '../section.ts';

const KEY_FORM = "'address', 'route', 'method', 'host', or an object such as { header: 'x-api-key' }";
const PARTS_MAX = 8;
const PERIOD_MAX = '24d';

const address = section('an object such as { ipv4: 32, ipv6: 64 }', {
  ipv4: whole(0, 32).default(32).describe('Bits of an IPv4 address that are one client.'),
  ipv6: whole(0, 128).default(64).describe('Bits of an IPv6 address that are one client: whoever has one has a whole /64.'),
}).transform(({ ipv4, ipv6 }): RateLimitKeyPart => ({ source: 'address', bits4: ipv4, bits6: ipv6 }));

const named = (source: 'cookie' | 'claim' | 'query') =>
  section(KEY_FORM, { [source]: text('a name', 256) }).transform((given): RateLimitKeyPart => ({
    source,
    name: given[source] as string,
  }));

const keyPart = z.union(
  [
    choice(['address', 'route', 'method', 'host']).transform((source): RateLimitKeyPart =>
      source === 'address' ? { source, bits4: 32, bits6: 64 } : { source },
    ),
    section(KEY_FORM, { address }).transform((given) => given.address),
    section(KEY_FORM, { header: headerName() }).transform(({ header }): RateLimitKeyPart => ({
      source: 'header',
      name: header.toLowerCase(),
    })),
    named('cookie'),
    named('claim'),
    named('query'),
  ],
  { error: `must be ${KEY_FORM}` },
);

const shared = section("an object such as { store: 'main', nodes: 3 }", {
  store: name().describe('One of the `stores`.'),
  nodes: whole(1, 1_000).describe('How many nodes there are: each gets its share of the burst ahead, and of `concurrency`.'),
  without: choice(['local', 'open', 'closed'])
    .default('local')
    .describe('While the store does not answer: each node keeps to its share of the limit, lets all in, or refuses all.'),
});

export const rateLimitSchema = section("an object such as { requests: 100, per: '1m' }", {
  name: name().default('default').describe('Told to clients. Limits of the same name, figures and key count together, over routes.'),
  requests: whole(1, WINDOW_LIMIT_MAX).optional().describe('How many per `per`. Without it only `concurrency` is limited.'),
  per: preset(duration('1ms', PERIOD_MAX), '1s').describe('The period of `requests`.'),
  burst: whole(1, WINDOW_LIMIT_MAX)
    .optional()
    .describe(
      'How many at once by a key that was quiet; `requests`, unless given. Over any time t: at most burst + requests × t / per. Not of a sliding window.',
    ),
  algorithm: choice(['gcra', 'sliding-window'])
    .default('gcra')
    .describe(
      'gcra: requests come back one by one. sliding-window: at most `requests` within a period of the clock, the one before counted by the part that is still within reach.',
    ),
  concurrency: whole(1, 1_000_000).optional().describe('How many under way at a time.'),
  key: preset(listOf(keyPart, KEY_FORM, PARTS_MAX), 'address').describe(
    'What is counted by: all parts together. `[]` is one count for all. Requests without a part (no such header) count together.',
  ),
  missesOnly: flag().default(false).describe('Counts only what the cache has not answered.'),
  status: whole(400, 599).default(429).describe('Of the refusal.'),
  headers: flag()
    .default(true)
    .describe(
      'Tells clients: RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-11). Refusals have Retry-After in any case.',
    ),
  dryRun: flag().default(false).describe('Counts, and says once a minute how many it would have refused.'),
  shared: optional(shared, "an object such as { store: 'main', nodes: 3 }").describe(
    'Counts over all nodes, through a store that no request waits for: permits are leased ahead. Over any time at most one burst more than alone, and what comes in a tenth of the period (250 ms to 5 s). Only gcra; `concurrency` is divided by `nodes`.',
  ),
})
  .refine(
    (given) => given.requests !== undefined || given.concurrency !== undefined,
    'must limit something: `requests` with `per`, or `concurrency`',
  )
  .refine((given) => given.algorithm === 'gcra' || given.burst === undefined, "must not have a burst with algorithm 'sliding-window'")
  .refine((given) => given.algorithm === 'gcra' || given.shared === null, "must be algorithm 'gcra' to be shared")
  .transform(({ name: label, requests, per, burst, algorithm, concurrency, dryRun, ...rest }): RateLimitPlan => ({
    name: label,
    rate: requests === undefined ? null : { algorithm, requests, periodMs: per, burst: burst ?? requests },
    concurrency: concurrency ?? null,
    key: rest.key,
    missesOnly: rest.missesOnly,
    status: rest.status,
    headers: rest.headers,
    isDryRun: dryRun,
    shared: rest.shared,
  }))
  .meta({
    id: 'RateLimitFilter',
    title: 'RateLimit',
    description: 'Limits how many requests are let in, by a rate and by how many are under way, for each key.',
  });
