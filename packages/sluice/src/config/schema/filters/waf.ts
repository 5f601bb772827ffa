/** How `waf` is written. `'waf'` alone refuses what is an attack beyond doubt (paranoia 1, threshold 5) in paths, parameters, headers, cookies and up to 128 KiB of content. */
import * as z from 'zod';
import { WAF_CATEGORIES, type WafParanoia } from '../../../core/waf/rule.ts';
import { RULE_PLACES } from '../../../core/waf/rule-list.ts';
import type { WafPlan } from '../../filters/waf-plan.ts';
import { headerName } from '../header.ts';
import { choice, duration, flag, listOf, size, text, whole } from '../scalar.ts';
import { optional, preset, section } from '../section.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const METHOD = /^[A-Z][A-Z-]{0,31}$/;
const MEDIA = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/(?:\*|[a-z0-9][a-z0-9!#$&^_.+-]{0,126})$/;
const EXCLUSIONS_MAX = 256;

const ruleId = whole(1, 99_999).refine((id) => RULE_PLACES.has(id), {
  error: 'must be the id of a rule, as events name it (such as 4201)',
});

const exclusion = section("an object such as { rules: 4100, path: '/admin/pages/*', parameter: 'html' }", {
  rules: preset(listOf(ruleId, 'ids of rules', 256), []).describe('Ids of rules, as events name them. Neither rules nor categories: all.'),
  categories: preset(listOf(choice(WAF_CATEGORIES), 'categories', WAF_CATEGORIES.length), []).describe('Whole categories.'),
  path: text('a path', 2048)
    .regex(/^\/[^*]*\*?$/, "must be a path, or the beginning of one with '*' at its end")
    .optional()
    .describe("Where: '/editor' or '/editor/*'. Unless given: everywhere."),
  parameter: text('a name', 256)
    .optional()
    .describe("Of which parameter, JSON member, cookie or header field; 'html_*' stands for all that begin so. Unless given: of all."),
})
  .refine((given) => Object.values(given).some((value) => (Array.isArray(value) ? value.length > 0 : value !== undefined)), {
    error: 'must name rules, categories, a path or a parameter: an exclusion of everything is no firewall',
  })
  .transform(({ rules, categories, path, parameter }) => ({ rules, categories, path: path ?? null, parameter: parameter ?? null }));

const body = section("an object such as { limit: '256KiB' }", {
  limit: preset(size('1KiB', '16MiB'), '128KiB').describe('Up to which content is looked at; it waits in memory until it is whole.'),
  large: preset(choice(['inspect-part', 'refuse']), 'refuse').describe(
    "Longer content: refused with 413, or only its beginning is looked at ('inspect-part': an attack behind it passes).",
  ),
}).transform(({ limit, large }) => ({ bytesMax: limit, large }));

const modSecurity = section("an object such as { rules: '/etc/modsecurity/rules.conf' }", {
  rules: listOf(text('a path', 4096), 'paths of rule files', 64)
    .refine((files) => files.length > 0, 'must name at least one file')
    .describe('Files in the language of ModSecurity, in their order; a directory stands for its *.conf files.'),
  queue: whole(1, 100_000).default(256).describe('How many requests of a worker may wait for the engine.'),
  timeout: preset(duration('1ms', '60s'), '2s').describe('How long a request may take there, the wait included.'),
}).transform(({ rules, queue, timeout }) => ({ rules, version: '', queueMax: queue, timeoutMs: timeout }));

export const wafSchema = section("an object such as { paranoia: 2, exclude: [{ rules: 4100, parameter: 'html' }] }", {
  mode: preset(choice(['block', 'detect']), 'block').describe("'detect' tells of attacks and lets them pass."),
  paranoia: whole(1, 4).default(1).describe('1: what is an attack beyond doubt. 2 to 4 see more and refuse more that is none.'),
  threshold: whole(1, 1000).default(5).describe('Score that refuses. A critical finding counts 5, an error 4, a warning 3, a notice 2.'),
  body: preset(optional(body, "an object such as { limit: '256KiB' }"), {}).describe(
    'How much of the content is looked at; false: nothing.',
  ),
  methods: preset(listOf(z.string().regex(METHOD, 'must be a method in upper case'), 'methods', 64), METHODS).describe(
    'Methods that are allowed.',
  ),
  contentTypes: preset(
    listOf(z.string().regex(MEDIA, "must be a media type in lower case, such as 'application/json' or 'image/*'"), 'media types', 256),
    [],
  ).describe('Media types that requests may bring. Unless given: all.'),
  ignoreHeaders: preset(listOf(headerName(), 'header names', 64), []).describe('Header fields that are not looked at.'),
  exclude: preset(
    z
      .array(exclusion, { error: "must be a list of objects such as { rules: 4100, parameter: 'html' }" })
      .max(EXCLUSIONS_MAX, `must be at most ${EXCLUSIONS_MAX} exclusions`),
    [],
  ).describe('What is not looked for, and where.'),
  status: whole(400, 499).default(403).describe('The answer to a refused request. It names the request, so that people can ask why.'),
  logSample: flag()
    .default(true)
    .describe('Events show at most 64 characters of what was found. Off where requests hold what nobody may see.'),
  onFailure: preset(choice(['closed', 'open']), 'closed').describe(
    "When the engine fails or has too much to do: requests are refused with 503, or pass ('open').",
  ),
  modSecurity: optional(modSecurity, "an object such as { rules: '/etc/modsecurity/rules.conf' }").describe(
    'libmodsecurity with rules of its own (OWASP CRS) in place of the built-in engine. Needs the optional package `koffi` and the library (Debian: libmodsecurity3).',
  ),
})
  .transform((given): WafPlan => ({
    modSecurity: given.modSecurity,
    isDetectOnly: given.mode === 'detect',
    paranoia: given.paranoia as WafParanoia,
    threshold: given.threshold,
    body: given.body,
    methods: given.methods,
    contentTypes: given.contentTypes,
    ignoredHeaders: given.ignoreHeaders.map((name) => name.toLowerCase()),
    exclusions: given.exclude,
    status: given.status,
    logsSample: given.logSample,
    failsOpen: given.onFailure === 'open',
  }))
  .meta({
    id: 'WafFilter',
    title: 'Web application firewall',
    description: 'Refuses requests that are attacks: injections, traversal, scanners.',
  });
