/** How `forwardAuth` is written. */
import type { ForwardAuthPlan } from '../../filters/forward-auth-plan.ts';
import { editableHeaderName, headerName } from '../header.ts';
import { choice, duration, flag, listOf, text, whole } from '../scalar.ts';
import { optional, preset, section } from '../section.ts';

const HEADERS_MAX = 64;

const cache = section("an object such as { ttl: '10s' }", {
  ttl: preset(duration('100ms', '10m'), '10s').describe('How long a good answer holds.'),
  headers: preset(listOf(headerName(), 'a header name', 8), ['authorization', 'cookie']).describe(
    'The credentials: requests without any of them are always asked about.',
  ),
  perUrl: flag().default(true).describe('Whether an answer holds for one method, host, path and query alone.'),
}).transform(({ ttl, headers, perUrl }) => ({ ttlMs: ttl, headers: headers.map((each) => each.toLowerCase()), isPerUrl: perUrl }));

export const forwardAuthSchema = section("an object such as { url: 'http://127.0.0.1:9091/api/verify' }", {
  url: text('a URL', 2048).describe("Who is asked: a GET for each request. 2xx lets it pass; any other answer below 500 is the client's."),
  requestHeaders: preset(listOf(editableHeaderName(), 'a header name', HEADERS_MAX), [
    'authorization',
    'cookie',
    'accept',
    'user-agent',
    'x-requested-with',
  ]).describe('Headers of the request that go along, beside X-Forwarded-Method, -Proto, -Host, -Uri and -For.'),
  copyHeaders: preset(listOf(editableHeaderName(), 'a header name', HEADERS_MAX), []).describe(
    'Headers of a good answer that go on to the service: `Remote-User`. No client can send them.',
  ),
  clientHeaders: preset(listOf(headerName(), 'a header name', HEADERS_MAX), ['set-cookie']).describe(
    "Headers of a good answer that go into the client's reply.",
  ),
  timeout: preset(duration('10ms', '60s'), '5s').describe('How long an answer may take.'),
  without: choice(['open', 'closed'])
    .default('closed')
    .describe('When there is no answer, or one of 500 or more: lets requests pass, or answers 503.'),
  concurrency: whole(1, 1024)
    .default(64)
    .describe('Questions at a time in each worker. Eight times as many wait; of those beyond nobody can say.'),
  cache: optional(cache, "an object such as { ttl: '10s' }").describe('Remembers good answers.'),
})
  .transform((given): ForwardAuthPlan => ({
    url: given.url,
    requestHeaders: given.requestHeaders.map((each) => each.toLowerCase()),
    replyHeaders: given.copyHeaders,
    clientHeaders: given.clientHeaders.map((each) => each.toLowerCase()),
    timeoutMs: given.timeout,
    without: given.without,
    concurrency: given.concurrency,
    cache: given.cache,
  }))
  .meta({
    id: 'ForwardAuthFilter',
    title: 'Another program decides',
    description: 'Asks another program about each request, as Authelia, oauth2-proxy and others expect it.',
  });
