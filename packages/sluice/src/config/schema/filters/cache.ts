/** How `cache` is written. `'cache'` alone keeps what replies say may be kept, for as long as they say it. */
import * as z from 'zod';
import type { CacheKeyPlan, CachePlan } from '../../filters/cache-plan.ts';
import { prerender, shield } from './cache-nodes.ts';
import { headerName } from '../header.ts';
import { choice, duration, flag, listOf, name, text, whole } from '../scalar.ts';
import { named, optional, preset, section } from '../section.ts';

const TTL_MAX = '8760h';
const STATUS = /^(?:[2-5]\d\d|\*)$/;
const status = z.string().regex(STATUS, "must be a status such as '200' or '404', or '*' for all that may be guessed");
/** They are read in another way, or have no meaning to an origin. */
const NOT_KEYS = new Set(['cookie', 'host', 'connection', 'content-length', 'transfer-encoding', 'range', 'authorization']);

const headerList = (what: string) => listOf(headerName(), what, 32).transform((names) => names.map((each) => each.toLowerCase()));
const keyHeaders = headerList('header names').refine((names) => !names.some((each) => NOT_KEYS.has(each)), {
  error: "must not name Host, Cookie, Authorization, Range or a field of the connection; cookies stand in 'cookies', the host in 'host'",
});
const parameters = listOf(text('a parameter name', 256), "parameter names such as 'page' or 'utm_*'", 256);

const query = z.union(
  [
    z.enum(['all', 'none'], { error: "must be 'all', 'none', { only: […] } or { except: […] }" }).transform((kind) => ({ kind })),
    section("an object such as { only: ['page'] }", { only: parameters }).transform(({ only }) => ({ kind: 'only' as const, names: only })),
    section("an object such as { except: ['utm_*'] }", { except: parameters }).transform(({ except }) => ({
      kind: 'except' as const,
      names: except,
    })),
  ],
  { error: "must be 'all', 'none', { only: ['page'] } or { except: ['utm_*'] }" },
);

const key = section("an object such as { query: { except: ['utm_*'] } }", {
  host: flag()
    .default(true)
    .describe('Whether the host is part of the key. Without it all hosts of the route share what is kept: only where they show the same.'),
  query: preset(query, 'all').describe(
    'Which parameters of the query are part of the key. A name that ends in `*` stands for all that begin so.',
  ),
  sortQuery: flag().default(false).describe('Orders parameters by name, so that their order does not matter.'),
  headers: preset(keyHeaders, []).describe('Request headers that are part of the key. They reach the service.'),
  cookies: preset(listOf(text('a cookie name', 256), 'cookie names', 32), []).describe(
    'Cookies that are part of the key. They reach the service.',
  ),
})
  .transform(({ host, query: parts, sortQuery, headers, cookies }): CacheKeyPlan => ({
    host,
    query: parts,
    isSorted: sortQuery,
    headers,
    cookies,
  }))
  .meta({ id: 'CacheKey', title: 'Cache key', description: 'By what requests are told apart, besides scheme, path and service.' });

const ttlByStatus = named("an object such as { '200': '10m', '404': '1m' }", status, duration('0s', TTL_MAX));
const defaultTtl = z.union([duration('0s', TTL_MAX).transform((ms): Record<string, number> => ({ '*': ms })), ttlByStatus], {
  error: "must be a duration such as '10m', or durations by status such as { '200': '10m', '404': '1m' }",
});
const window = (what: string) => optional(duration('0s', TTL_MAX), `a duration such as '${what}'`);

export const cacheSchema = section("an object such as { store: 'default' }", {
  store: name().default('default').describe('Which of the `caches` it lies in.'),
  key: preset(key, {}).describe('By what requests are told apart.'),
  defaultTtl: preset(defaultTtl, {}).describe(
    'How long replies hold that say nothing of it: one duration, or by status. Left out: only what HTTP lets a cache guess, a tenth of the time since Last-Modified.',
  ),
  minTtl: optional(duration('0s', TTL_MAX), "a duration such as '1s'").describe(
    'Raises lifetimes that replies state, unless they state none at all (zero).',
  ),
  maxTtl: optional(duration('0s', TTL_MAX), "a duration such as '24h'").describe('Lowers lifetimes that replies state.'),
  staleWhileRevalidate: window('30s').describe(
    'Where replies say nothing of it: for how long a stale reply is served while a new one is fetched.',
  ),
  staleIfError: window('1h').describe('Where replies say nothing of it: for how long a stale reply stands in for a service that fails.'),
  targetedFields: preset(headerList('header names'), ['cdn-cache-control']).describe(
    'Fields that speak to caches like this one, most specific first (RFC 9213); the first that is valid stands in place of Cache-Control.',
  ),
  malformedAge: choice(['ignore', 'stale'])
    .default('ignore')
    .describe('What an Age of a reply means that is no single number: nothing, as RFC 9111 has it, or that the reply is old.'),
  clientDirectives: choice(['honour', 'ignore'])
    .default('honour')
    .describe('Whether Cache-Control of requests counts: `no-cache` of a client asks the service anew.'),
  cookies: choice(['bypass', 'strip', 'forward'])
    .default('bypass')
    .describe(
      'Requests with cookies that are not in the key: go past the cache; lose them on the way to the service; keep them (only where replies do not depend on them).',
    ),
  unkeyedHeaders: choice(['strip', 'forward'])
    .default('strip')
    .describe(
      'Request headers that are not in the key: when something is fetched to be kept, only those by which content is negotiated reach the service. `forward` sends all: then one client can choose what others get.',
    ),
  setCookie: choice(['pass', 'strip', 'store'])
    .default('pass')
    .describe('Replies with Set-Cookie: are not kept; are kept without it; are kept with it (all clients get the same cookie).'),
  collapse: preset(duration('0s', '10m'), '10s').describe(
    "How long a request waits for another one's fetch of the same; then it fetches by itself.",
  ),
  pass: preset(duration('0s', '24h'), '1m').describe(
    'How long it is remembered that a reply may not be kept: meanwhile nobody waits for anybody.',
  ),
  variantsMax: whole(1, 1000).default(64).describe('Variants (Vary) that are kept of one key at most.'),
  tagFields: preset(headerList('header names'), ['surrogate-key', 'cache-tag']).describe(
    'Reply fields that name tags, by which replies are purged. They do not reach clients.',
  ),
  push: flag()
    .default(false)
    .describe('Files that were pushed (`sluice cache push`) answer first. On a route without `to`, everything else is answered with 404.'),
  shield: optional(shield, "an object such as { service: 'nodes', self: '10.0.0.1:8080', secret: '…' }").describe(
    'Nodes share the work: each reply is fetched from the service by one of them, and the others fetch it there.',
  ),
  prerender: optional(prerender, "an object such as { host: 'example.com', paths: ['/'] }").describe(
    'Pages that are fetched ahead of need.',
  ),
  status: flag().default(true).describe('Whether replies say what the cache did (Cache-Status, RFC 9211).'),
})
  .transform((given): CachePlan => ({
    store: given.store,
    key: given.key,
    defaultTtlMs: given.defaultTtl,
    ttlMinMs: given.minTtl,
    ttlMaxMs: given.maxTtl,
    staleWhileRevalidateMs: given.staleWhileRevalidate,
    staleIfErrorMs: given.staleIfError,
    targetedFields: given.targetedFields,
    malformedAge: given.malformedAge,
    clientDirectives: given.clientDirectives,
    cookies: given.cookies,
    unkeyedHeaders: given.unkeyedHeaders,
    setCookie: given.setCookie,
    collapseMs: given.collapse,
    passMs: given.pass,
    variantsMax: given.variantsMax,
    tagFields: given.tagFields,
    status: given.status,
    isPushed: given.push,
    shield: given.shield,
    prerender: given.prerender,
  }))
  .meta({
    id: 'CacheFilter',
    title: 'Cache',
    description: 'Keeps replies and answers from them (RFC 9111): in memory that all workers share.',
  });
