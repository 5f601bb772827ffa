/** What a route does with what it matches: send to services, redirect, or answer by itself. */
import * as z from 'zod';
import { editableHeaderName, headerValue } from './header.ts';
import { decimal, name, whole } from './scalar.ts';
import { named, preset, section } from './section.ts';

const TO_ALLOWED = "a service's name, or an object of services and weights such as { a: 90, b: 10 }";
const LOCATION_ALLOWED = "must be a URL or path such as 'https://{host}{path}{query}'";

const weights = named(TO_ALLOWED, name(), decimal(0, 1_000_000));

/** One service, or several with weights. */
export const toSchema = z
  .union([name().transform((service) => [{ service, weight: 1 }]), weights.transform((given) => targets(given))], {
    error: `must be ${TO_ALLOWED}`,
  })
  .optional();

/** Services of weight 0 take nothing: they may stand in the configuration, but not in the plan. */
function targets(given: Readonly<Record<string, number>>): { service: string; weight: number }[] {
  return Object.entries(given)
    .filter(([, weight]) => weight > 0)
    .map(([service, weight]) => ({ service, weight }));
}

const location = z.string({ error: LOCATION_ALLOWED }).min(1, LOCATION_ALLOWED).max(4096, LOCATION_ALLOWED);

const STATUS_ALLOWED = 'must be 301, 302, 303, 307 or 308';

const detailedRedirect = section("a location, or an object such as { location: '/new', status: 308 }", {
  location: location.describe('May use `{path}`, `{query}` (with its `?`), `{host}` and the parameters of the path pattern: `{id}`.'),
  status: z
    .literal([301, 302, 303, 307, 308], { error: STATUS_ALLOWED })
    .default(307)
    .describe('307 keeps method and body and is not cached. 308 is its permanent form: browsers remember it for good.'),
}).meta({ id: 'Redirect', title: 'Redirect', description: 'An answer that names another place.' });

/** A redirect. */
export const redirectSchema = z
  .union([location.transform((given) => ({ location: given, status: 307 as const })), detailedRedirect], {
    error: "must be a location, or an object such as { location: '/new', status: 308 }",
  })
  .optional();

const detailedRespond = section("a status, or an object such as { status: 200, body: 'ok' }", {
  status: whole(200, 599).describe('Status of the reply.'),
  headers: preset(named('an object of header names and values', editableHeaderName(), headerValue()), {}).describe('Headers of the reply.'),
  body: z
    .string({ error: 'must be a text of at most 65536 characters' })
    .max(65_536, 'must be a text of at most 65536 characters')
    .default('')
    .describe('Body of the reply (UTF-8).'),
}).meta({ id: 'Respond', title: 'Respond', description: 'A fixed reply.' });

/** A fixed reply. */
export const respondSchema = z
  .union([whole(200, 599).transform((status) => ({ status, headers: {}, body: '' })), detailedRespond], {
    error: "must be a status, or an object such as { status: 200, body: 'ok' }",
  })
  .optional();
