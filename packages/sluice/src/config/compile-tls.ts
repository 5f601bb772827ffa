/** Compiles TLS settings. What the files hold is filled in when they are read (`io/plan-material.ts`). */
import type { CertificatePlan, ClientCertificatePlan, TlsPlan, UpstreamTlsPlan } from './tls-plan.ts';
import type { ValidConfig } from './schema/config.ts';

type ValidTls = NonNullable<ValidConfig['listeners'][string]['tls']>;
type ValidCertificate = ValidTls['certificates'][number];
type ValidUpstreamTls = ValidConfig['services'][string]['tls'];

const VERSIONS = { '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' } as const;
/** Names that a development certificate has when none are given. */
const DEV_NAMES = ['localhost', '*.localhost', '127.0.0.1', '::1'];

/** TLS that ends at a listener. */
export function compileTls(tls: ValidTls, alpn: readonly string[]): TlsPlan {
  return {
    certificates: tls.certificates.map(compileCertificate),
    minVersion: VERSIONS[tls.minVersion],
    alpn,
    clientCertificates: compileClients(tls.clientCertificates),
    hosts: Object.entries(tls.hosts).map(([name, rules]) => ({
      serverNames: [name],
      clientCertificates: compileClients(rules.clientCertificates),
    })),
    unknownNames: tls.unknownNames,
    handshakesMax: tls.handshakesMax,
    handshakesPerSourceMax: tls.handshakesPerSourceMax,
    handshakeMs: tls.handshake,
    sessionTickets: tls.sessionTickets,
    hsts: tls.hsts && hstsValue(tls.hsts),
  };
}

/** TLS to the endpoints of a service. */
export function compileUpstreamTls(tls: ValidUpstreamTls): UpstreamTlsPlan | null {
  if (tls === null) return null;
  return {
    serverName: tls.serverName?.toLowerCase() ?? null,
    verify: tls.verify,
    caFiles: tls.ca,
    caPem: '',
    certFile: tls.cert ?? null,
    keyFile: tls.key ?? null,
    certPem: '',
    keyPem: '',
    minVersion: VERSIONS[tls.minVersion],
  };
}

function compileCertificate(given: ValidCertificate): CertificatePlan {
  const common = { ocsp: given.ocsp, material: null };
  if ('cert' in given) return { source: { kind: 'files', cert: given.cert, key: given.key }, names: given.names ?? [], ...common };
  if ('acme' in given) return { source: { kind: 'acme', names: given.acme }, names: given.acme, ...common };
  const names = given.dev.length === 0 ? DEV_NAMES : given.dev;
  return { source: { kind: 'dev', names }, names, ...common };
}

function compileClients(given: ValidTls['clientCertificates']): ClientCertificatePlan | null {
  return given && { mode: given.mode, caFiles: given.ca, crlFiles: given.crl, caPem: '', crlPem: '', headers: given.headers };
}

/** RFC 6797 §6.1. */
function hstsValue(hsts: NonNullable<ValidTls['hsts']>): string {
  const age = `max-age=${Math.round(hsts.maxAge / 1000)}`;
  return `${age}${hsts.includeSubDomains ? '; includeSubDomains' : ''}${hsts.preload ? '; preload' : ''}`;
}
