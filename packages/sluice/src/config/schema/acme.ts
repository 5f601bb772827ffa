/** The ACME account: where certificates are ordered (RFC 8555). */
import * as z from 'zod';
import { choice, text } from './scalar.ts';
import { section } from './section.ts';
import { filePath } from './tls.ts';

const URL_ALLOWED = "must be an https URL such as 'https://acme-v02.api.letsencrypt.org/directory'";

const url = z
  .string({ error: URL_ALLOWED })
  .max(2048, URL_ALLOWED)
  .regex(/^https:\/\/[^\s]+$/, URL_ALLOWED);

/** ACME settings; none unless given. */
export const acmeSchema = section("an object such as { email: 'ops@example.com', terms: 'agreed' }", {
  directory: url.default('https://acme-v02.api.letsencrypt.org/directory').describe("The server's directory."),
  email: text('an email address', 254)
    .regex(/^[^\s@]+@[^\s@]+$/, 'must be an email address')
    .optional()
    .describe('Where the authority writes to.'),
  terms: z
    .literal('agreed', { error: "must be 'agreed': the terms of service of the authority have been read" })
    .describe("`'agreed'`: the authority's terms of service are."),
  storage: filePath('a directory')
    .default('acme')
    .describe('Directory for the account and the certificates; made with mode 0700, files with 0600.'),
  challenge: choice(['http-01', 'tls-alpn-01'])
    .default('http-01')
    .describe(
      'How names are proved: `http-01` needs a listener in the clear that port 80 reaches, `tls-alpn-01` one with TLS that port 443 reaches.',
    ),
  ca: filePath('a PEM file')
    .optional()
    .describe('PEM file with the authority that signed the ACME server itself, when it is a private one.'),
  account: section("{ keyId: '…', hmacKey: '…' }", {
    keyId: text('a key identifier', 1024).describe('Key identifier.'),
    hmacKey: text('a base64url key', 1024).describe('MAC key in base64url. Secret.'),
  })
    .optional()
    .describe('External account binding, for authorities that ask for it (RFC 8555 §7.3.4).'),
})
  .meta({ id: 'Acme', title: 'ACME', description: 'Certificates ordered and renewed without anybody.' })
  .optional();
