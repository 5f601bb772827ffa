/** How `jwt` is written. */
import * as z from 'zod';
import { JWT_ALGORITHMS } from '../../../core/jwt/algorithms.ts';
import type { JwtClaimPlan, JwtIssuerPlan, JwtKeysPlan, JwtPlan } from '../../filters/jwt-plan.ts';
import { editableHeaderName } from '../header.ts';
import { choice, duration, flag, listOf, name, text } from '../scalar.ts';
import { plainData } from '../plain-data.ts';
import { named, optional, preset, section } from '../section.ts';

const ISSUERS_MAX = 32;
/** Shorter ones are guessed offline from a single token (RFC 7518 §3.2). */
const SECRET_MIN = 32;

const word = z.union([text('a text', 1024), z.number(), z.boolean()], { error: 'must be a text, a number, true or false' });
const words = listOf(word, 'a text, a number, true or false', 64);

const claim = z.union(
  [
    words.transform((values) => ({ test: 'one-of' as const, values })),
    section("an object such as { contains: 'admin' }", { contains: words }).transform(({ contains }) => ({
      test: 'contains' as const,
      values: contains,
    })),
  ],
  { error: "must be a value, a list of values of which it is one, or { contains: 'admin' }" },
);

const remote = section("an object such as { url: 'https://id.example/jwks.json' }", {
  url: text('a URL', 2048).describe('Where the key set is: https, or http to this machine.'),
  refresh: preset(duration('10s', '24h'), '10m').describe(
    'How old it may be before it is fetched again. A key that is not in it has it fetched earlier.',
  ),
  stale: preset(duration('1m', '24d'), '24h').describe('How long it is good for when it cannot be fetched again. Then: 503.'),
  timeout: preset(duration('100ms', '60s'), '5s').describe('How long a fetch may take.'),
}).transform(({ url, refresh, stale, timeout }): JwtKeysPlan => ({
  kind: 'url',
  url,
  refreshMs: refresh,
  staleMs: stale,
  timeoutMs: timeout,
}));

const inline = section('a key set', { keys: z.array(plainData(), { error: 'must be a list of keys' }) }).transform((set): JwtKeysPlan => ({
  kind: 'text',
  file: null,
  text: JSON.stringify(set),
}));

const place = text('a URL, a path or an object', 65_536).transform((given): JwtKeysPlan => {
  if (/^https?:\/\//i.test(given)) return { kind: 'url', url: given, refreshMs: 600_000, staleMs: 86_400_000, timeoutMs: 5_000 };
  return { kind: 'text', file: given, text: '' };
});

/** Lines are wanted in a PEM: no `text()`. */
const publicKey = z
  .string({ error: 'must be a PEM (-----BEGIN PUBLIC KEY-----) or the path of one' })
  .min(1, 'must be a PEM (-----BEGIN PUBLIC KEY-----) or the path of one')
  .max(65_536, 'must be at most 65536 characters')
  .transform((given): JwtKeysPlan =>
    given.includes('-----BEGIN') ? { kind: 'text', file: null, text: given } : { kind: 'text', file: given, text: '' },
  );

const NO_KEYS: JwtKeysPlan = { kind: 'text', file: null, text: '' };

const issuer = section("an object such as { issuer: 'https://id.example/', jwks: 'https://id.example/jwks.json' }", {
  issuer: text('an issuer', 1024).describe('As `iss` of its tokens says it, to the letter.'),
  audience: preset(listOf(text('an audience', 1024), 'an audience', 32), []).describe(
    '`aud` must name one of them. Without it, tokens that this issuer made for others are good here, too.',
  ),
  jwks: z
    .union([place, remote, inline], { error: "must be a URL, the path of a key set, { url: 'https://…' } or { keys: […] }" })
    .optional()
    .describe('Its keys (RFC 7517): a URL, a file, or the set itself.'),
  publicKey: publicKey.optional().describe('Its one key: a PEM or the path of one, in place of `jwks`.'),
  secret: text('a secret', 4096, SECRET_MIN)
    .optional()
    .describe("For HS256, HS384, HS512, in place of `jwks`. It belongs into the environment: `env('JWT_SECRET')`."),
  algorithms: preset(listOf(choice(JWT_ALGORITHMS), 'an algorithm', 16), []).describe(
    'Only these. All that the type of a key allows, unless given; never `none`.',
  ),
  type: text('a type', 128).optional().describe('What `typ` must say, such as `at+jwt` (RFC 9068).'),
  clockSkew: preset(duration('0s', '10m'), '60s').describe('How far its clock may be from ours.'),
  maxAge: duration('1s').optional().describe('How long a token is good for after it was issued (`iat`), whatever it says.'),
  requireExpiry: flag().default(true).describe('Refuses tokens without `exp`.'),
  required: preset(named("an object such as { scope: { contains: 'orders' } }", text('a claim', 256), claim), {}).describe(
    'What claims must be; 403 where they are not. A path goes into objects: `realm_access.roles`.',
  ),
}).transform((given): JwtIssuerPlan => {
  const { jwks, secret } = given;
  return {
    issuer: given.issuer,
    audiences: given.audience,
    keys: jwks ?? given.publicKey ?? (secret === undefined ? NO_KEYS : { kind: 'secret', secret }), // the checks have seen that there is one
    algorithms: given.algorithms,
    type: given.type?.toLowerCase().replace(/^application\//, '') ?? null,
    clockSkewMs: given.clockSkew,
    maxAgeMs: given.maxAge ?? null,
    requiresExpiry: given.requireExpiry,
    required: Object.entries(given.required).map(([each, rule]): JwtClaimPlan => ({ claim: each, ...rule })),
  };
});

const revocation = section("an object such as { store: 'main' }", {
  store: name().describe('One of the `stores`.'),
  by: choice(['jti', 'sub']).default('jti').describe('Which claim is looked for: a token by its `jti`, or all of a `sub`.'),
  prefix: text('a prefix', 64, 0)
    .default('revoked:')
    .describe("In front of the claim, behind the store's own prefix. A token is revoked while this key exists."),
  without: choice(['open', 'closed']).default('closed').describe('When the store does not answer: lets requests pass, or answers 503.'),
  cache: preset(duration('0s', '10m'), '5s').describe(
    'How long an answer is remembered in each worker, and so how late a revocation may be.',
  ),
}).transform(({ store, by, prefix, without, cache }) => ({ store, by, prefix, without, cacheMs: cache }));

export const jwtSchema = section(
  "an object such as { issuers: [{ issuer: 'https://id.example/', audience: 'shop', jwks: 'https://id.example/jwks.json' }] }",
  {
    issuers: z
      .array(issuer, { error: 'must be a list of issuers' })
      .min(1, 'must have at least one issuer')
      .max(ISSUERS_MAX, `must be at most ${ISSUERS_MAX} issuers`)
      .describe('Whose tokens are good.'),
    cookie: text('a name', 128).optional().describe('A cookie that a token may come in, beside `Authorization: Bearer`.'),
    query: text('a name', 128)
      .optional()
      .describe('A query parameter that a token may come in. It ends up in logs: the last resort (RFC 6750 §2.3).'),
    realm: text('a realm', 128)
      .regex(/^[^"\\]*$/, 'must not have quotes or backslashes')
      .default('sluice')
      .describe('Named in WWW-Authenticate.'),
    optional: flag().default(false).describe('Lets requests without a token pass, without claims. A bad token is refused all the same.'),
    claimsToHeaders: preset(named("an object such as { 'x-user': 'sub' }", editableHeaderName(), text('a claim', 256)), {}).describe(
      'Headers of the request to the service, and the claims that fill them. No client can send them: they are taken out of every request, with their aliases.',
    ),
    forwardToken: flag().default(true).describe('Whether the service sees the token.'),
    revocation: optional(revocation, "an object such as { store: 'main' }").describe('Tokens that were taken back.'),
  },
)
  .transform((given): JwtPlan => ({
    issuers: given.issuers,
    cookie: given.cookie ?? null,
    query: given.query ?? null,
    realm: given.realm,
    isOptional: given.optional,
    claimsToHeaders: Object.entries(given.claimsToHeaders),
    forwardsToken: given.forwardToken,
    revocation: given.revocation,
  }))
  .meta({
    id: 'JwtFilter',
    title: 'JSON Web Tokens',
    description: 'Lets in who shows a good token (RFC 7519), and tells the service who that is.',
  });
