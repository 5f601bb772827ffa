/** The admin API. On loopback it needs no token; anywhere else it needs tokens or client certificates, because whoever reaches it can drain and reload. */
import * as z from 'zod';
import { SCOPES } from '../observe-plan.ts';
import { adminAddress } from './address.ts';
import { choice, flag, name, text } from './scalar.ts';
import { optional, preset, section } from './section.ts';
import { filePath } from './tls.ts';

/** Shorter tokens can be guessed. */
export const TOKEN_LENGTH_MIN = 16;

const TOKENS_MAX = 100;
const CLIENTS_MAX = 1_000;
const TOKEN_ALLOWED = `must be a token of ${TOKEN_LENGTH_MIN} to 256 visible characters`;
const DIGEST_ALLOWED = 'must be the SHA-256 of a token, 64 hexadecimal digits\nmake a token and its digest with: sluice hash-token';

const scope = choice(SCOPES);
const SCOPE_TEXT =
  '`read` looks; `operate` also scales, drains, purges and deploys what is configured; `admin` may do everything: reload, deploy other programs, push content.';

const token = section("an object such as { name: 'ci', sha256: '…', scope: 'operate' }", {
  name: name().describe('Who it is for; the audit log names it.'),
  sha256: z
    .string({ error: DIGEST_ALLOWED })
    .regex(/^[0-9a-fA-F]{64}$/, DIGEST_ALLOWED)
    .transform((digest) => digest.toLowerCase())
    .describe('SHA-256 of the token in hexadecimal, as `sluice hash-token` prints it. The token itself is nowhere in the configuration.'),
  scope: scope.describe(SCOPE_TEXT),
}).meta({ id: 'AdminToken', title: 'Admin token', description: 'A token of the admin API, known by its digest.' });

const client = section("an object such as { name: 'ops-laptop', scope: 'admin' }", {
  name: text('a common name', 256).describe('Common name (CN) of the client certificate.'),
  scope: scope.describe(SCOPE_TEXT),
}).meta({ id: 'AdminClient', title: 'Admin client', description: 'Whom a client certificate is made out to, and what it may do.' });

const tls = section("an object such as { cert: 'admin.pem', key: 'admin.key' }", {
  cert: filePath('a PEM file').describe('PEM file with the certificate and those between it and the authority, in this order.'),
  key: filePath('a PEM file').describe('PEM file with its private key, not encrypted.'),
  clientCa: filePath('a PEM file')
    .optional()
    .describe('PEM file with the authorities of client certificates. Without it, none are asked for.'),
  clients: preset(
    z.array(client, { error: 'must be a list of { name, scope }' }).max(CLIENTS_MAX, `must have at most ${CLIENTS_MAX} clients`),
    [],
  ).describe('Whose certificates are taken. Another certificate of the authority may do nothing.'),
}).meta({ id: 'AdminTls', title: 'TLS of the admin API', description: 'Read again when a file changes; connections stay.' });

const detailed = section("an address, or an object such as { address: '10.0.0.5:9900', token: '…' }", {
  address: adminAddress().describe("`'127.0.0.1:9900'` or `'unix:/path'`. `':9900'` is loopback, too."),
  token: z
    .string({ error: TOKEN_ALLOWED })
    .regex(/^[!-~]{16,256}$/, `${TOKEN_ALLOWED}\nmake one with: openssl rand -base64 32`)
    .optional()
    .describe(
      'Asked for as `Authorization: Bearer TOKEN`, and good for everything. Off loopback, this, `tokens` or client certificates are needed. Never logged.',
    ),
  tokens: preset(
    z.array(token, { error: 'must be a list of { name, sha256, scope }' }).max(TOKENS_MAX, `must have at most ${TOKENS_MAX} tokens`),
    [],
  ).describe('Further tokens, each with a name and a scope; only their digests are written here.'),
  tls: optional(tls, "an object such as { cert: 'admin.pem', key: 'admin.key' }").describe(
    'TLS, and client certificates. `false`: HTTP in the clear.',
  ),
  dashboard: flag().default(true).describe('Serves the dashboard under `/`.'),
  audit: optional(filePath('a file'), 'the path of a file').describe(
    'File to which each change through the API is appended as a JSON line (mode 0600). The last 1,000 are in memory in any case.',
  ),
}).meta({ id: 'Admin', title: 'Admin', description: 'The admin API: metrics, status, reload, drain.' });

type Detailed = z.output<typeof detailed>;

function atAddress(address: Detailed['address']): Detailed {
  return { address, token: undefined, tokens: [], tls: null, dashboard: true, audit: null };
}

/** The admin API; on loopback unless told otherwise. Null when off. */
export const adminSchema = preset(
  z.union([z.literal(false).transform(() => null), adminAddress().transform(atAddress), detailed], {
    error: "must be an address such as '127.0.0.1:9900', an object, or false",
  }),
  '127.0.0.1:9900',
);
