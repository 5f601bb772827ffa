/**
 * What OpenSSL needs to serve one policy: certificates, versions, ciphers, who may connect, and the key of its session tickets. Made at the first hello that needs it;
 * kept across reloads while nothing in it differs. One context per ticket key: a hello is given the one that can open its ticket, which is how keys change without
 * ending anybody's session.
 */
import { constants, createHash } from 'node:crypto';
import type { SecureContext, Server, TlsOptions, TLSSocketOptions } from 'node:tls';
import { tls as nodeTls } from '../../io/node-tls.ts';
import type { CertificateMaterial, ClientCertificatePlan, TlsPlan } from '../../config/tls-plan.ts';
import type { TicketSecrets } from '../../config/worker-protocol.ts';
import { keyForTicket, type TicketKeys, ticketKeys } from './ticket-keys.ts';
import { VerifyingServer } from './verifying-server.ts';

/** AEAD and forward secrecy only. TLS 1.3's three, then those of TLS 1.2 that Mozilla calls intermediate, without DHE. */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

const GROUPS_CLASSIC = 'X25519:P-256:P-384';
const GROUPS_HYBRID = `X25519MLKEM768:${GROUPS_CLASSIC}`;

/** Tickets live as long as their key is honoured at least: two changes of 12 hours. */
const SESSION_SECONDS = 12 * 3600;
const READ_BYTES = 64 * 1024;

/** The rules of one policy. */
export interface ContextPlan {
  /** One per type of key; at least one. */
  readonly certificates: readonly CertificateMaterial[];
  readonly clients: ClientCertificatePlan | null;
  readonly minVersion: TlsPlan['minVersion'];
  readonly alpn: readonly string[];
  readonly sessionTickets: boolean;
  /** DER; null staples nothing. */
  readonly ocspResponse: Buffer | null;
}

/** How one handshake is begun. */
export type Terminator =
  | { readonly kind: 'plain'; readonly options: TLSSocketOptions }
  /** The client's certificate is looked at. */
  | { readonly kind: 'verifying'; readonly server: VerifyingServer };

export class TlsContexts {
  /** Equal for rules that are served alike. */
  readonly key: string;
  private readonly plan: ContextPlan;
  /** What tickets are bound to. */
  private readonly policy: string;
  private readonly terminators = new Map<string, Terminator>();
  private secrets: TicketSecrets | null = null;
  private keys: TicketKeys | null = null;

  /** @param identity Of the policy, the same in every worker. */
  constructor(plan: ContextPlan, identity: string) {
    this.plan = plan;
    this.key = contextKey(plan, identity);
    this.policy = policyText(plan, identity);
  }

  /** For a hello with a ticket of this name, or with none. @throws {Error} OpenSSL's, where it refuses what was read. */
  terminator(secrets: TicketSecrets, ticketName: Uint8Array | null): Terminator {
    const key = this.plan.sessionTickets ? keyForTicket(this.keysOf(secrets), ticketName) : null;
    const id = key === null ? '' : key.toString('latin1');
    let terminator = this.terminators.get(id);
    if (terminator === undefined) {
      terminator = this.make(key);
      this.terminators.set(id, terminator);
    }
    return terminator;
  }

  private keysOf(secrets: TicketSecrets): TicketKeys {
    if (this.keys !== null && this.secrets === secrets) return this.keys;
    this.keys = ticketKeys(secrets, this.policy);
    this.secrets = secrets;
    const honoured = new Set([this.keys.current, ...this.keys.others].map((key) => key.toString('latin1')));
    for (const id of this.terminators.keys()) if (!honoured.has(id)) this.terminators.delete(id);
    return this.keys;
  }

  private make(ticketKey: Buffer | null): Terminator {
    const { plan } = this;
    const options = contextOptions(plan, ticketKey);
    const protocols = plan.alpn.length === 0 ? {} : { ALPNProtocols: protocolList(plan.alpn) };
    if (plan.clients !== null) {
      const isRequired = plan.clients.mode === 'required';
      const verifying: TlsOptions = {
        ...options,
        ...protocols,
        requestCert: true,
        rejectUnauthorized: isRequired,
        sessionTimeout: SESSION_SECONDS,
      };
      return { kind: 'verifying', server: new VerifyingServer(verifying, (server) => staple(server, plan.ocspResponse)) };
    }
    const stapling = plan.ocspResponse === null ? {} : { server: staple(nodeTls().createServer({}), plan.ocspResponse) };
    // The high-water mark is passed on to the stream, as everywhere; the types do not know.
    const secureContext: SecureContext = nodeTls().createSecureContext({ ...options, sessionTimeout: SESSION_SECONDS });
    const more = { highWaterMark: READ_BYTES };
    return { kind: 'plain', options: { isServer: true, secureContext, requestCert: false, ...protocols, ...stapling, ...more } };
  }
}

function contextOptions(plan: ContextPlan, ticketKey: Buffer | null): TlsOptions {
  const { certificates, clients } = plan;
  const noTickets = ticketKey === null ? constants.SSL_OP_NO_TICKET : 0;
  return {
    cert: certificates.map(({ certPem }) => certPem),
    key: certificates.map(({ keyPem }) => keyPem),
    ciphers: CIPHERS,
    ecdhCurve: groups(),
    honorCipherOrder: true,
    minVersion: plan.minVersion,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_PRIORITIZE_CHACHA | noTickets,
    sessionIdContext: 'sluice',
    ...(ticketKey === null ? {} : { ticketKeys: ticketKey }),
    ...(clients === null ? {} : { ca: clients.caPem, ...(clients.crlPem === '' ? {} : { crl: clients.crlPem }) }),
  };
}

/** As OpenSSL wants it (RFC 7301 §3.1), which Node would otherwise write anew for each connection. */
function protocolList(names: readonly string[]): Buffer {
  return Buffer.concat(names.map((name) => Buffer.from(`${String.fromCharCode(name.length)}${name}`, 'latin1')));
}

/** Makes a server answer requests for the state of its certificate. */
function staple(server: Server, response: Buffer | null): Server {
  if (response !== null) server.on('OCSPRequest', (_certificate, _issuer, answer) => answer(null, response));
  return server;
}

/** What is proved to who resumes: the rules, and by whom clients must be signed. A list of revoked ones that changes ends all sessions. */
function policyText({ clients }: ContextPlan, identity: string): string {
  if (clients === null) return identity;
  return `${identity} ${createHash('sha256').update(`${clients.caPem}\0${clients.crlPem}`).digest('hex')}`;
}

function contextKey(plan: ContextPlan, identity: string): string {
  const { certificates, minVersion, alpn, sessionTickets, ocspResponse } = plan;
  const fingerprints = certificates.map(({ fingerprint }) => fingerprint);
  const staples = ocspResponse === null ? null : createHash('sha256').update(ocspResponse).digest('hex');
  return JSON.stringify([policyText(plan, identity), plan.clients?.mode, fingerprints, minVersion, alpn, sessionTickets, staples]);
}

let chosenGroups = '';

/** With a key that also a quantum computer cannot find (draft-ietf-tls-ecdhe-mlkem), where OpenSSL has it (3.5). */
function groups(): string {
  if (chosenGroups === '') chosenGroups = knowsGroups(GROUPS_HYBRID) ? GROUPS_HYBRID : GROUPS_CLASSIC;
  return chosenGroups;
}

function knowsGroups(ecdhCurve: string): boolean {
  try {
    nodeTls().createSecureContext({ ecdhCurve });
    return true;
  } catch {
    return false;
  }
}
