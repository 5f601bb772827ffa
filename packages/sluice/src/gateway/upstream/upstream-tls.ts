/**
 * TLS to the endpoints of a service: certificates are verified against the endpoint's name (or address, RFC 9525) unless the plan says otherwise, and sessions
 * are resumed.
 */
import { isIP } from 'node:net';
import {
  checkServerIdentity,
  type ConnectionOptions,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { AddressPlan } from '../../config/plan.ts';
import type { UpstreamTlsPlan } from '../../config/tls-plan.ts';

/** One per endpoint: contexts are shared by all endpoints of a plan, sessions are the endpoint's own. */
export class UpstreamTls {
  private readonly plan: UpstreamTlsPlan;
  private readonly serverName: string;
  /** The last one that the endpoint gave. */
  private session: Buffer | null = null;

  constructor(plan: UpstreamTlsPlan, target: AddressPlan) {
    this.plan = plan;
    this.serverName = plan.serverName ?? (target.kind === 'tcp' ? target.host : 'localhost');
  }

  /** Options for `tls.connect`, beside the address. @param protocols Offered by ALPN; empty offers none. */
  options(protocols: readonly string[]): ConnectionOptions {
    const isName = isIP(this.serverName) === 0;
    return {
      secureContext: contextOf(this.plan),
      rejectUnauthorized: this.plan.verify,
      checkServerIdentity: this.check,
      ...(isName ? { servername: this.serverName } : {}), // RFC 6066 §3: an address is not sent
      ...(protocols.length === 0 ? {} : { ALPNProtocols: [...protocols] }),
      ...(this.session === null ? {} : { session: this.session }),
    };
  }

  private readonly check = (_host: string, certificate: PeerCertificate): Error | undefined =>
    checkServerIdentity(this.serverName, certificate);

  /** Remembers what a connection gives to resume with. */
  watch(socket: TLSSocket): void {
    socket.on('session', (session) => (this.session = session));
  }
}

/** Contexts by plan: making one parses every authority. */
const contexts = new WeakMap<UpstreamTlsPlan, SecureContext>();

function contextOf(plan: UpstreamTlsPlan): SecureContext {
  let context = contexts.get(plan);
  if (context === undefined) {
    context = createSecureContext({
      minVersion: plan.minVersion,
      ...(plan.caPem === '' ? {} : { ca: plan.caPem }),
      ...(plan.certPem === '' ? {} : { cert: plan.certPem, key: plan.keyPem }),
    });
    contexts.set(plan, context);
  }
  return context;
}
