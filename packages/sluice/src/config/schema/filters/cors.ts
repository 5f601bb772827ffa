/** How `cors` is written. */
import * as z from 'zod';
import type { CorsPlan } from '../../filters/cors-plan.ts';
import { headerName } from '../header.ts';
import { duration, flag, listOf, text } from '../scalar.ts';
import { preset, section } from '../section.ts';

const ORIGIN_ALLOWED = "must be an origin such as 'https://example.com', 'https://*.example.com', 'null', '*', or { regex }";
const ORIGIN = /^(?:[a-z][a-z0-9+.-]*:\/\/(?:\*\.)?(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?|null|\*)$/;

const origin = z.union(
  [
    z
      .string({ error: ORIGIN_ALLOWED })
      .max(512, ORIGIN_ALLOWED)
      .transform((given) => given.toLowerCase())
      .refine((given) => ORIGIN.test(given), {
        error: ({ input }) =>
          String(input).endsWith('/') ? `${ORIGIN_ALLOWED}\nan origin has no path: take the "/" at its end away` : ORIGIN_ALLOWED,
      }),
    section('an object with a regex', {
      regex: text('a regular expression (RE2)', 1024).describe('RE2, of the whole origin in lower case.'),
    }),
  ],
  { error: ORIGIN_ALLOWED },
);

const method = text("a method such as 'PUT'", 32).regex(/^(?:[A-Z][A-Z-]*|\*)$/, "must be a method such as 'PUT', in capitals");

export const corsSchema = section("an object such as { origins: ['https://example.com'] }", {
  origins: preset(listOf(origin, 'an origin', 1024), ['*']).describe(
    "Who may read replies: `'https://example.com'`, `'https://*.example.com'` (any below it), `{ regex }`, or `'*'`.",
  ),
  methods: preset(listOf(method, 'a method', 64), ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).describe(
    'Methods that pages may use.',
  ),
  headers: preset(listOf(z.union([z.literal('*'), headerName()]), 'a header name', 256), ['*']).describe(
    'Headers that pages may send. `*`: those that they ask for.',
  ),
  expose: preset(listOf(headerName(), 'a header name', 256), []).describe(
    'Headers of replies that pages may read, besides the simple ones.',
  ),
  credentials: flag().default(false).describe('With cookies and credentials. Not with origin `*`.'),
  maxAge: preset(duration('0s', '24h'), '10m').describe('How long browsers keep the answer to a preflight. Chromium: at most 2 h.'),
  privateNetwork: flag().default(false).describe('Public pages may reach this private address (Access-Control-Allow-Private-Network).'),
})
  .transform(({ origins, expose, maxAge, ...rest }): CorsPlan => {
    const texts = origins.filter((each) => typeof each === 'string');
    const wild = texts.filter((each) => each.includes('://*.'));
    return {
      ...rest,
      anyOrigin: texts.includes('*'),
      origins: texts.filter((each) => each !== '*' && !wild.includes(each)),
      wildcards: wild.map((each) => ({ prefix: each.slice(0, each.indexOf('*')), suffix: each.slice(each.indexOf('*') + 1) })),
      regexes: origins.flatMap((each) => (typeof each === 'string' ? [] : [each.regex])),
      exposed: expose,
      maxAgeSeconds: Math.floor(maxAge / 1000),
    };
  })
  .meta({ id: 'CorsFilter', title: 'CORS', description: 'Which pages of other origins may read replies. Preflights are answered here.' });
