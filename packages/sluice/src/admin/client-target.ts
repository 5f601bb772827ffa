/**
 * Where the commands find the admin API: `HOST:PORT`, `unix:/path`, or `https://HOST:PORT`. Whom to trust there, and the certificate that is
 * shown, come from the environment (SLUICE_ADMIN_CA, SLUICE_ADMIN_CERT, SLUICE_ADMIN_KEY: files): flags are seen by everybody who may list processes.
 */
import { readFileSync } from 'node:fs';
import { ADMIN, parseAddress } from '../config/address.ts';
import type { AddressPlan } from '../config/plan.ts';
import { AdminError } from './client-error.ts';

export interface AdminTarget {
  readonly address: AddressPlan;
  /** Options of `https.request`; null: in the clear. */
  readonly tls: AdminClientTls | null;
}

export interface AdminClientTls {
  readonly servername: string;
  /** Authorities in PEM, in the place of the system's. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The variables that name files; process.env has them. */
export type AdminEnvironment = Readonly<Record<string, string | undefined>>;

const SCHEME = 'https://';

/** @param text As people write it. @throws {AdminError} when it is no address, or a file cannot be read. */
export function adminTarget(text: string, environment: AdminEnvironment = process.env): AdminTarget {
  const isTls = text.startsWith(SCHEME);
  const bare = isTls ? text.slice(SCHEME.length).replace(/\/$/, '') : text;
  const parsed = parseAddress(bare, ADMIN);
  if (!parsed.ok) throw new AdminError(`--admin "${text}" ${parsed.problem}${parsed.hint === null ? '' : `; ${parsed.hint}`}`);
  const { address } = parsed;
  if (!isTls) return { address, tls: null };
  if (address.kind === 'unix') throw new AdminError(`--admin "${text}" is no address: a unix socket has no TLS; write unix:/path`);
  return { address, tls: { servername: isName(address.host) ? address.host : '', ...files(environment) } };
}

/** What to do when TLS is what failed; null when it is not. */
export function tlsRemedy(error: NodeJS.ErrnoException, { tls }: AdminTarget): string | null {
  const code = error.code ?? '';
  if (tls === null)
    return code === 'ECONNRESET' ? 'closed the connection; does its admin API speak TLS (--admin https://HOST:PORT)?' : null;
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') return 'speaks no TLS; leave out https://';
  if (/^(?:UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_)/.test(code))
    return `shows a certificate that is not trusted (${error.message}); name its authority's file in SLUICE_ADMIN_CA`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `shows a certificate for another name: ${error.message}`;
  if (/CERTIFICATE_REQUIRED|ALERT/.test(code))
    return `did not take our certificate (${code}); SLUICE_ADMIN_CERT and SLUICE_ADMIN_KEY name the files of one that it does`;
  return null;
}

function files(environment: AdminEnvironment): Omit<AdminClientTls, 'servername'> {
  const ca = contentOf(environment, 'SLUICE_ADMIN_CA');
  const cert = contentOf(environment, 'SLUICE_ADMIN_CERT');
  const key = contentOf(environment, 'SLUICE_ADMIN_KEY');
  if ((cert === null) !== (key === null)) throw new AdminError('SLUICE_ADMIN_CERT and SLUICE_ADMIN_KEY belong together; set both, or none');
  return { ...(ca === null ? {} : { ca }), ...(cert === null || key === null ? {} : { cert, key }) };
}

function contentOf(environment: AdminEnvironment, name: string): string | null {
  const path = environment[name] ?? '';
  if (path === '') return null;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new AdminError(`${name}: the file "${path}" cannot be read: ${(error as Error).message}`);
  }
}

/** Server names are names (RFC 6066 §3). */
function isName(host: string): boolean {
  return !host.includes(':') && !/^[\d.]+$/.test(host);
}
