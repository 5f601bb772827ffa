/** TLS that ends at a listener: certificates, versions, and who may connect. */
import * as z from 'zod';
import { hostPattern } from './host.ts';
import { choice, duration, flag, listOf, text, whole } from './scalar.ts';
import { named, optional, preset, section } from './section.ts';

/** A file's path; relative ones are looked for beside the configuration file. */
export function filePath(what: string) {
  return text(`the path of ${what}`, 4096).meta({ 'x-range': 'path' });
}

const names = (what: string) => listOf(hostPattern(), `${what} such as 'example.com' or '*.example.com'`, 256);

const ocsp = choice(['auto', 'on', 'off'])
  .default('auto')
  .describe('OCSP stapling: `auto` when the certificate asks for it (must-staple), `on` whenever it names a responder.');

const fromFiles = section("an object such as { cert: 'example.pem', key: 'example.key' }", {
  cert: filePath('a PEM file').describe('PEM file with the certificate and those between it and the authority, in this order.'),
  key: filePath('a PEM file').describe('PEM file with its private key, not encrypted.'),
  names: names('a name').optional().describe('Names it is chosen for. Without it, those it is made out to.'),
  ocsp,
}).meta({ id: 'FileCertificate', title: 'Certificate from files', description: 'Read again when a file changes.' });

const fromAcme = section("an object such as { acme: ['example.com'] }", {
  acme: names('a name').describe('Names to order one certificate for, from the server in `acme`. `*` needs a DNS proof and is refused.'),
  ocsp,
}).meta({ id: 'AcmeCertificate', title: 'Certificate by ACME', description: 'Ordered, kept on disk and renewed by Sluice.' });

const fromDev = section("an object such as { dev: ['localhost'] }", {
  dev: names('a name').describe('Names for a certificate from the local authority of `sluice cert dev`. For development only.'),
  ocsp,
}).meta({ id: 'DevCertificate', title: 'Development certificate', description: 'From a local authority that this machine made.' });

const CERTIFICATE_ALLOWED = "must be { cert: FILE, key: FILE }, { acme: NAMES }, { dev: NAMES } or 'dev'";

const certificate = z.union([z.literal('dev').transform(() => fromDev.parse({ dev: [] })), fromFiles, fromAcme, fromDev], {
  error: CERTIFICATE_ALLOWED,
});

const clientCertificates = section("an object such as { mode: 'required', ca: 'clients.pem' }", {
  mode: choice(['required', 'optional'])
    .default('required')
    .describe(
      '`required` refuses who shows none; `optional` lets them in, to be told apart by routes and the service. A wrong one is always refused.',
    ),
  ca: listOf(filePath('a PEM file'), 'the path of a PEM file', 16).describe('PEM files with the authorities that clients are signed by.'),
  crl: preset(listOf(filePath('a PEM file'), 'the path of a PEM file', 16), []).describe(
    'PEM files with lists of revoked certificates, one for each authority.',
  ),
  headers: flag()
    .default(true)
    .describe('Tells the service: X-Client-Cert-Subject, X-Client-Cert-San, X-Client-Cert-Fingerprint and X-Client-Cert-Verified.'),
}).meta({ id: 'ClientCertificates', title: 'Client certificates', description: 'Mutual TLS.' });

const clients = optional(clientCertificates, "an object such as { mode: 'required', ca: 'clients.pem' }");

const hostRules = section('an object of rules for one name', {
  clientCertificates: clients.describe('Client certificates for this name; `false` asks for none.'),
}).meta({ id: 'TlsHost', title: 'Rules for a name', description: 'What differs for one server name.' });

const hsts = section("an object such as { maxAge: '365d' }", {
  maxAge: preset(duration('0s', '3650d'), '365d').describe('How long browsers remember to use https only.'),
  includeSubDomains: flag().default(false).describe('Holds for every name below, too.'),
  preload: flag().default(false).describe('Agrees to be put on the lists in browsers. Hard to undo.'),
}).meta({ id: 'Hsts', title: 'Strict-Transport-Security', description: 'RFC 6797.' });

/** TLS settings as an object. */
export const tlsObject = section("'dev', or an object such as { certificates: [{ cert: 'example.pem', key: 'example.key' }] }", {
  certificates: z
    .union(
      [
        certificate.transform((one) => [one]),
        z
          .array(certificate, { error: CERTIFICATE_ALLOWED })
          .min(1, 'must have at least one certificate')
          .max(1024, 'must have at most 1024 certificates'),
      ],
      {
        error: `${CERTIFICATE_ALLOWED}, or a list of them`,
      },
    )
    .describe(
      'One or more. Chosen by the name that the client asks for: exact, then wildcard, then the first. A name may have an RSA and an ECDSA one.',
    ),
  minVersion: choice(['1.2', '1.3']).default('1.2').describe('The oldest version of TLS. 1.0 and 1.1 are broken and not there (RFC 8996).'),
  clientCertificates: clients.describe('Mutual TLS: who may connect. Off unless given.'),
  hosts: preset(named('an object of names and rules', hostPattern(), hostRules), {}).describe(
    'Other rules for some hosts. `*.example.com` holds for all below it, as in routes; the longest that fits counts.',
  ),
  unknownNames: choice(['default', 'refuse'])
    .default('default')
    .describe('A name without a certificate gets the first one, or is refused with `unrecognized_name`.'),
  handshake: preset(duration('100ms', '1m'), '10s').describe('From the accept to the end of the handshake. Absolute.'),
  handshakesMax: whole(1, 1_000_000)
    .default(1000)
    .describe('Handshakes under way, per worker. A newcomer goes before who has waited longest without a hello.'),
  handshakesPerSourceMax: whole(1, 1_000_000)
    .default(100)
    .describe('The same from one source: an IPv4 address, or the /64 of an IPv6 one.'),
  sessionTickets: flag()
    .default(true)
    .describe('Clients that come back resume (RFC 5077, RFC 8446 §2.2). Keys are shared by all workers and change every 12 hours.'),
  hsts: preset(
    z.union([z.literal(false).transform(() => null), z.literal(true).transform(() => hsts.parse({})), hsts], {
      error: 'must be an object, true or false',
    }),
    false,
  ).describe('Adds Strict-Transport-Security to replies. Off unless given.'),
}).meta({ id: 'Tls', title: 'TLS', description: 'TLS that ends at a listener.' });

/** `tls: 'dev'`. */
export function devTls() {
  return tlsObject.parse({ certificates: ['dev'] });
}

const upstream = section("true, or an object such as { ca: 'internal.pem' }", {
  serverName: text('a name', 253).optional().describe("Sent as SNI and looked for in the certificate. Without it, the endpoint's host."),
  verify: flag().default(true).describe('`false` accepts any certificate. For tests only.'),
  ca: preset(listOf(filePath('a PEM file'), 'the path of a PEM file', 16), []).describe(
    "PEM files with the authorities to trust. Without it, the system's.",
  ),
  cert: filePath('a PEM file').optional().describe('Our own certificate, for endpoints that ask for one.'),
  key: filePath('a PEM file').optional().describe('Its private key.'),
  minVersion: choice(['1.2', '1.3']).default('1.2').describe('The oldest version of TLS.'),
}).meta({ id: 'UpstreamTls', title: 'TLS to endpoints', description: 'Verified unless said otherwise.' });

/** TLS to the endpoints of a service; off unless given. */
export const upstreamTlsSchema = preset(
  z.union([z.literal(false).transform(() => null), z.literal(true).transform(() => upstream.parse({})), upstream], {
    error: 'must be an object, true or false',
  }),
  false,
);
