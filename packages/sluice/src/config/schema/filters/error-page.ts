/** How `errorPage` is written. */
import * as z from 'zod';
import type { ErrorPagePlan } from '../../filters/error-page-plan.ts';
import { choice, duration, flag, listOf, name, text, whole } from '../scalar.ts';
import { named, preset, section } from '../section.ts';
import { wireText } from '../wire-text.ts';

const STATUS_ALLOWED = "must be a status such as 404, a class such as '5xx', or a range such as '500-503'";
const HTML_ALLOWED = 'must be a text of at most 65536 characters; longer ones are read from a file';

/** From and to. */
const statuses = z
  .union([whole(400, 599), z.string({ error: STATUS_ALLOWED })], { error: STATUS_ALLOWED })
  .transform((given, context): readonly [number, number] => {
    if (typeof given === 'number') return [given, given];
    const [, from, to = from] = /^([45]\d\d)(?:-([45]\d\d))?$/.exec(given) ?? [];
    if (/^[45]xx$/i.test(given)) return [Number(given[0]) * 100, Number(given[0]) * 100 + 99];
    if (from !== undefined && Number(from) <= Number(to)) return [Number(from), Number(to)];
    context.issues.push({ code: 'custom', message: STATUS_ALLOWED, input: given });
    return z.NEVER;
  });

const status = z.string().regex(/^[45]\d\d$/, 'must be a status such as 404');

export const errorPageSchema = section("an object such as { status: '5xx', file: './error.html' }", {
  status: preset(listOf(statuses, "a status, a class such as '5xx', or a range", 64), ['5xx']).describe('Which replies are replaced.'),
  service: flag().default(true).describe("Replies of the service, too; `false`: only Sluice's own."),
  html: z
    .string({ error: HTML_ALLOWED })
    .max(65_536, HTML_ALLOWED)
    .optional()
    .describe('The page (UTF-8). May have `{status}`, `{reason}`, `{requestId}`, `{host}` and `{path}`, which are escaped.'),
  file: text('a path', 4096).optional().describe('The page is this file, at most 1 MiB, read with the configuration; relative to it.'),
  json: choice(['auto', 'always', 'never'])
    .default('auto')
    .describe('Who gets problem details (RFC 9457) in JSON: clients that rather take JSON than HTML, all, nobody.'),
  redirect: text('a location', 2048)
    .regex(/^(?:https?:\/\/[^/?#{]+|\/(?!\/))[\x21-\x7e]*$/, "must be a URL or path such as '/errors/{status}'")
    .optional()
    .describe('Sends clients there, with 302, in place of a page. May have `{status}` and `{requestId}`.'),
  from: section("an object such as { service: 'pages', path: '/errors/{status}' }", {
    service: name().describe('The service.'),
    path: text('a path', 2048)
      .regex(/^\/[\x21-\x7e]*$/, "must be a path such as '/errors/{status}'")
      .default('/{status}')
      .describe('What it is asked for. May have `{status}`.'),
    timeout: preset(duration('1ms', '1m'), '2s').describe('After it, clients get `html` or a plain page.'),
  })
    .optional()
    .describe(
      'A service that has the pages. Where it does not answer 200 in time, uncompressed, up to 256 KiB, clients get `html` or a plain page.',
    ),
  map: preset(named('an object of statuses and what stands in their place', status, whole(200, 599)), {}).describe(
    'Status in place of another: `{ 403: 404 }` says nothing of what is there.',
  ),
})
  .transform(({ status: given, service, html, file, json, redirect, from, map }): ErrorPagePlan => ({
    statuses: given,
    coversService: service,
    html: wireText(html ?? ''),
    file: file ?? '',
    json,
    redirect: redirect ?? '',
    from: from === undefined ? null : { service: from.service, path: from.path, timeoutMs: from.timeout },
    statusMap: Object.entries(map).map(([from, to]) => [Number(from), to]),
  }))
  .meta({ id: 'ErrorPageFilter', title: 'Error page', description: 'What clients get in place of errors: a page, JSON, another place.' });
