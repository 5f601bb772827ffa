/** Affinity: sending a client back to the endpoint that served it before. */
import * as z from 'zod';
import { SESSIONS_MAX } from '../../core/balancing/endpoint-table.ts';
import { headerName } from './header.ts';
import { choice, duration, flag, text, whole } from './scalar.ts';
import { optional, preset, section } from './section.ts';

/** Shorter keys can be guessed offline from one signed cookie. */
export const SECRET_LENGTH_MIN = 16;

const COOKIE_NAME_ALLOWED = 'must be a cookie name (letters, digits and visible characters without separators)';
const SECRET_ALLOWED = `must be a secret of ${SECRET_LENGTH_MIN} to 1024 characters`;

const cookieName = z
  .string({ error: COOKIE_NAME_ALLOWED })
  .max(128, COOKIE_NAME_ALLOWED)
  .regex(/^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/, COOKIE_NAME_ALLOWED);
const secret = z
  .string({ error: SECRET_ALLOWED })
  .min(SECRET_LENGTH_MIN, `${SECRET_ALLOWED}\nmake one with: openssl rand -base64 32`)
  .max(1024, SECRET_ALLOWED);

const cookie = section("an object such as { by: 'cookie', secrets: [...] }", {
  by: z.literal('cookie').describe('A cookie that Sluice inserts, signed with HMAC-SHA-256. Nothing is stored.'),
  name: cookieName.default('sluice').describe("The cookie's name."),
  secrets: z
    .array(secret, { error: 'must be a list of secrets, the first of which signs' })
    .min(1, 'must have at least one secret\nmake one with: openssl rand -base64 32')
    .max(16, 'must have at most 16 secrets')
    .describe('Keys. The first signs, all verify: to change the key, put the new one first and drop the old one later. Never logged.'),
  maxAge: duration('1s', '400d').optional().describe("The cookie's Max-Age. Without it, the cookie ends with the browser's session."),
  path: text('a path', 1024)
    .regex(/^\/[^;]*$/, "must be a path such as '/'")
    .default('/')
    .describe("The cookie's Path."),
  domain: text('a domain', 253)
    .regex(/^[A-Za-z0-9.-]+$/, 'must be a domain')
    .optional()
    .describe("The cookie's Domain. Without it, this host only."),
  secure: flag().default(true).describe('Sends the cookie over TLS only. Browsers make an exception for localhost.'),
  httpOnly: flag().default(true).describe('Hides the cookie from scripts.'),
  sameSite: choice(['strict', 'lax', 'none']).default('lax').describe('When other sites may send it.'),
}).meta({ id: 'CookieAffinity', title: 'Affinity by inserted cookie', description: 'A signed cookie that names the endpoint.' });

const table = {
  entriesMax: whole(1, SESSIONS_MAX)
    .default(100_000)
    .describe('Entries of the table, which all workers share; the longest unused goes first. All services together have 262,144.'),
  ttl: preset(duration('1s', '24d'), '1h').describe('Life of an entry after its last use.'),
};

const appCookie = section("an object such as { by: 'app-cookie', name: 'JSESSIONID' }", {
  by: z.literal('app-cookie').describe('A cookie that the service sets; a table remembers which endpoint set which value.'),
  name: cookieName.describe("The cookie's name."),
  ...table,
}).meta({ id: 'AppCookieAffinity', title: "Affinity by the application's cookie", description: 'Follows a cookie of the service.' });

const header = section("an object such as { by: 'header', name: 'x-user' }", {
  by: z.literal('header').describe('A request header; a table remembers which endpoint served which value.'),
  name: headerName().describe("The header's name."),
  ...table,
}).meta({ id: 'HeaderAffinity', title: 'Affinity by header', description: 'Follows a request header.' });

const ip = section("an object such as { by: 'ip' }", {
  by: z.literal('ip').describe("The client's address; a table remembers which endpoint served it."),
  ...table,
}).meta({ id: 'IpAffinity', title: 'Affinity by client address', description: 'Follows the client address.' });

const AFFINITY_ALLOWED = "must be an object with by: 'cookie', 'app-cookie', 'header' or 'ip'";

/** Affinity of a service, or none. */
export const affinitySchema = optional(
  z.discriminatedUnion('by', [cookie, appCookie, header, ip], {
    error: (issue) => (issue.code === 'invalid_union' ? "must be one of 'cookie', 'app-cookie', 'header', 'ip'" : AFFINITY_ALLOWED),
  }),
  AFFINITY_ALLOWED.slice('must be '.length),
);
