/** How `redirect` is written: a location, an expression with its replacement, or what makes addresses canonical. */
import * as z from 'zod';
import type { RedirectPlan } from '../../filters/redirect-plan.ts';
import { hostText } from '../host.ts';
import { choice, text, whole } from '../scalar.ts';
import { section } from '../section.ts';

const STATUS_ALLOWED = 'must be 301, 302, 303, 307 or 308';
const location = text("a URL or path such as 'https://{host}{path}{query}'", 4096);

const full = section("a location, or an object such as { scheme: 'https' }", {
  to: location
    .optional()
    .describe("Where to. May use `{path}`, `{query}` (with its `?`), `{host}`, and the parameters of the route's path."),
  regex: text('a regular expression (RE2)', 1024)
    .optional()
    .describe('Looked for in the whole address: `http://example.com/old?a=b`. Where it does not match, the request goes on.'),
  replacement: text('a text', 4096).optional().describe("What stands in its place; `$1` and `${name}` are the expression's groups."),
  scheme: choice(['https', 'http']).optional().describe('Addresses have this scheme. What trusted proxies say of theirs counts.'),
  port: whole(1, 65_535).optional().describe("Port of the address, where it is not the scheme's own."),
  www: choice(['add', 'remove']).optional().describe('Hosts begin with `www.`, or do not. Addresses (IP) stay.'),
  host: hostText().optional().describe('The one host.'),
  trailingSlash: choice(['add', 'remove'])
    .optional()
    .describe('Paths end in `/`, or do not. `add` leaves paths alone whose last part has a dot.'),
  status: z
    .literal([301, 302, 303, 307, 308], { error: STATUS_ALLOWED })
    .default(308)
    .describe('307 and 308 keep method and body; 301 and 308 are remembered.'),
}).meta({
  id: 'RedirectFilter',
  title: 'Redirect',
  description: 'An answer that names another place; requests that are there already go on.',
});

export const redirectSchema = z
  .union([location.transform((to) => full.parse({ to })), full], { error: "must be a location, or an object such as { scheme: 'https' }" })
  .transform(({ to, regex, replacement, status, scheme, port, www, host, trailingSlash }): RedirectPlan => {
    const canonical = {
      scheme: scheme ?? null,
      port: port ?? null,
      www: www ?? null,
      host: host ?? null,
      trailingSlash: trailingSlash ?? null,
    };
    const isCanonical = scheme !== undefined || www !== undefined || host !== undefined || trailingSlash !== undefined;
    return {
      status,
      to: to ?? null,
      regex: regex === undefined ? null : { source: regex, replacement: replacement ?? '' },
      canonical: isCanonical ? canonical : null,
    };
  });
