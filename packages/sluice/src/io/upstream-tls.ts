/**
 * TLS to an endpoint, as data plane and probes alike open it: the certificate is verified against the endpoint's name (or address, RFC 9525) unless the plan says
 * otherwise.
 */
import { isIP } from 'node:net';
import type { ConnectionOptions, PeerCertificate, SecureContext } from 'node:tls';
import { tls as nodeTls } from './node-tls.ts';
import type { AddressPlan } from '../config/plan.ts';
import type { UpstreamTlsPlan } from '../config/tls-plan.ts';

/** The name that an endpoint must prove. */
export function upstreamName(plan: UpstreamTlsPlan, target: AddressPlan): string {
  return plan.serverName ?? (target.kind === 'tcp' ? target.host : 'localhost');
}

/** Options for `tls.connect`, beside the address. @param protocols Offered by ALPN; empty offers none. */
export function upstreamTlsOptions(plan: UpstreamTlsPlan, name: string, protocols: readonly string[]): ConnectionOptions {
  const isName = isIP(name) === 0;
  return {
    secureContext: contextOf(plan),
    rejectUnauthorized: plan.verify,
    checkServerIdentity: (_host: string, certificate: PeerCertificate): Error | undefined =>
      nodeTls().checkServerIdentity(name, certificate),
    ...(isName ? { servername: name } : {}), // RFC 6066 §3: an address is not sent
    ...(protocols.length === 0 ? {} : { ALPNProtocols: [...protocols] }),
  };
}

/** Contexts by plan: making one parses every authority. */
const contexts = new WeakMap<UpstreamTlsPlan, SecureContext>();

function contextOf(plan: UpstreamTlsPlan): SecureContext {
  let context = contexts.get(plan);
  if (context === undefined) {
    context = nodeTls().createSecureContext({
      minVersion: plan.minVersion,
      ...(plan.caPem === '' ? {} : { ca: plan.caPem }),
      ...(plan.certPem === '' ? {} : { cert: plan.certPem, key: plan.keyPem }),
    });
    contexts.set(plan, context);
  }
  return context;
}
