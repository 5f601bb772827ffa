/** Routes: what to match, and what to do with it. */
import * as z from 'zod';
import { redirectSchema, respondSchema, toSchema } from './action.ts';
import { headerName } from './header.ts';
import { hostPattern } from './host.ts';
import { condition, conditions, fieldName, pathSchema } from './match.ts';
import { filtersSchema } from './filters.ts';
import { rewriteSchema } from './rewrite.ts';
import { choice, duration, flag, listOf, name, text, whole } from './scalar.ts';
import { preset, section } from './section.ts';

const METHOD_ALLOWED = "must be a method such as 'GET', in capitals";

function methodError({ input }: { input?: unknown }): string {
  const upper = String(input).toUpperCase();
  return /^[A-Z][A-Z-]*$/.test(upper) ? `${METHOD_ALLOWED}\nwrite '${upper}'` : METHOD_ALLOWED;
}

const method = z
  .string({ error: METHOD_ALLOWED })
  .max(32, METHOD_ALLOWED)
  .regex(/^[A-Z][A-Z-]*$/, { error: methodError })
  .meta({ 'x-range': 'method' });

const timeouts = section('an object of timeouts', {
  exchange: preset(duration('0s', '24d'), '0s').describe("From the request's head to the reply's last byte. `0s` is no bound."),
  responseHeader: preset(duration('1ms', '24d'), '60s').describe("From the request's last byte to the reply's head."),
}).meta({ id: 'RouteTimeouts', title: 'Route timeouts', description: 'How long a service may take.' });

/** Bounds the name that logs and metrics carry when it is derived from the match. */
const ROUTE_NAME_MAX = 128;

/** One route. */
export const routeSchema = section("an object such as { path: '/*', to: 'web' }", {
  name: text('a name', ROUTE_NAME_MAX)
    .optional()
    .describe('Unique. Metrics and logs carry it. Without it, it is made from hosts, methods and path.'),
  listeners: preset(listOf(name(), "a listener's name", 256), []).describe('Listeners that it belongs to. Without it, all.'),
  hosts: preset(listOf(hostPattern(), "a host such as 'example.com' or '*.example.com'", 1024), []).describe(
    "Hosts: `'example.com'`, or `'*.example.com'` for any below it. Ports are ignored. Without it, any.",
  ),
  path: pathSchema.describe(
    "`'/users'` is that path; `'/api/*'` is `/api` and everything below; `'/users/:id'` has a parameter; `{ regex }` and `{ exact }` say so.",
  ),
  methods: preset(listOf(method, "a method such as 'GET'", 64), []).describe('Methods. Without it, any.'),
  headers: conditions('header names', headerName(), true).describe(
    'Conditions on headers, all of which must hold: `true` is present, a text is equal, `{ prefix }`, `{ regex }`.',
  ),
  cookies: conditions('cookie names', fieldName(), false).describe('Conditions on cookies, in the same form.'),
  query: conditions('query parameters', fieldName(), false).describe('Conditions on query parameters, in the same form.'),
  client: preset(
    section('an object of subject, san and fingerprint', {
      subject: condition().optional().describe('Distinguished name, as in `CN=alice,O=Example` (RFC 4514).'),
      san: condition().optional().describe('One of the alternative names, as in `DNS:alice.example.com` or `URI:spiffe://example/alice`.'),
      fingerprint: condition().optional().describe('SHA-256 of the certificate: 64 hexadecimal digits, lower case.'),
    }).meta({ id: 'ClientMatch', title: 'Client certificate', description: 'Conditions on a verified client certificate.' }),
    {},
  ).describe("Conditions on the client's certificate, all of which must hold. Who has shown none matches none of them."),
  grpc: text('a method', 512)
    .regex(/^[A-Za-z_][A-Za-z0-9_.]*\/(?:\*|[A-Za-z_][A-Za-z0-9_]*)$/, "must be a gRPC method such as 'shop.Cart/Add' or 'shop.Cart/*'")
    .optional()
    .describe("A gRPC method, `'shop.Cart/Add'`, or all of a service, `'shop.Cart/*'`: short for its path, POST and the content type."),
  priority: whole(-1_000_000, 1_000_000).default(0).describe('Higher goes first; among equals, the most specific match does.'),
  to: toSchema.describe('The service, or services with weights (canary): `{ stable: 95, next: 5 }`.'),
  redirect: redirectSchema.describe('Answers with a redirect: a location, or an object.'),
  respond: respondSchema.describe('Answers by itself: a status, or an object.'),
  filters: preset(filtersSchema, []).describe('What is done to requests besides forwarding them: `compress`, `cache`, `jwt`, …'),
  filterOrder: choice(['pipeline', 'written'])
    .default('pipeline')
    .describe('`pipeline`: filters run in the order that the guide gives, however they are written; `written`: as they are written.'),
  rewrite: rewriteSchema.describe('What is changed on the way.'),
  timeouts: preset(timeouts, {}).describe('How long the service may take.'),
  shedPriority: choice(['low', 'normal', 'high'])
    .default('normal')
    .describe('Which requests go first when the service is over its limit: `low` is shed before `normal` before `high`.'),
  upgrade: flag().default(true).describe('Lets upgrades (WebSocket) pass.'),
  webSocket: preset(
    section('an object about WebSockets', {
      ping: preset(duration('0s', '24h'), '0s').describe(
        'Pings the client when its connection was silent this long, so that nothing on the way takes it for dead. `0s` is never.',
      ),
    }).meta({ id: 'WebSocket', title: 'WebSockets', description: 'RFC 6455, over HTTP/1.1 and HTTP/2.' }),
    {},
  ).describe('Rules for WebSockets.'),
  grpcWeb: flag().default(false).describe('Translates gRPC-Web, which browsers speak, to gRPC.'),
}).meta({ id: 'Route', title: 'Route', description: 'What to match, and exactly one of `to`, `redirect` and `respond`.' });
