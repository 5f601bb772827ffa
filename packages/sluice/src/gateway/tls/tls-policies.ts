/**
 * Which rules a client comes in by, from the name in its hello: a set of certificates and a rule about its own. Chosen before OpenSSL sees a byte, so that what is
 * asked of one name can be had by no way through another.
 */
import type { CertificateMaterial, CertificatePlan, ClientCertificatePlan, TlsPlan } from '../../config/tls-plan.ts';
import { HostRules } from '../../core/tls/host-rules.ts';
import { canonicalServerName, isAddress } from '../../core/tls/server-name.ts';
import { SniTable } from '../../core/tls/sni-table.ts';
import { TlsContexts } from './tls-contexts.ts';

export interface TlsPolicy {
  /** The same for the same rules, also after a reload that renews what is in their files. */
  readonly number: number;
  /** The same for the same rule about clients, whatever the certificates. */
  readonly rule: string;
  readonly clients: ClientCertificatePlan | null;
  readonly contexts: TlsContexts;
}

/** Why a name is not served. */
export type NoPolicy = 'unknown-name' | 'no-certificate';

/** Numbers of policies, kept for as long as the listener lives. */
export class PolicyNumbers {
  private readonly numbers = new Map<string, number>();

  of(identity: string): number {
    let number = this.numbers.get(identity);
    if (number === undefined) {
      number = this.numbers.size;
      this.numbers.set(identity, number);
    }
    return number;
  }
}

/** Indices of certificates in the plan; at most one per type of key. */
type CertificateSet = readonly number[];

export class TlsPolicies {
  readonly plan: TlsPlan;
  private readonly numbers: PolicyNumbers;
  private readonly sets: SniTable<CertificateSet>;
  private readonly defaultSet: CertificateSet;
  private readonly rules: HostRules<ClientCertificatePlan | 'none'>;
  private readonly policies = new Map<string, TlsPolicy>();
  /** The same, without a text to be made for each hello. */
  private readonly found = new Map<CertificateSet, Map<ClientCertificatePlan | null, TlsPolicy>>();
  /** By key: those of the plan before, and ours. */
  private readonly contexts: Map<string, TlsContexts>;
  private lastHost = '';
  private lastNumber = -1;

  constructor(plan: TlsPlan, numbers: PolicyNumbers, before: TlsPolicies | null) {
    this.plan = plan;
    this.numbers = numbers;
    const byName = certificateSets(plan.certificates);
    this.sets = new SniTable(byName);
    this.defaultSet = defaultSet(plan.certificates, byName);
    this.rules = new HostRules(hostRules(plan));
    this.contexts = new Map(before === null ? [] : before.used().map((contexts) => [contexts.key, contexts]));
  }

  /**
   * Whether a request for this host may come by a connection that was let in with these facts: the policy is the same; or a reload has changed it, for host and server name
   * alike, and the rule about clients is the one that the connection passed.
   */
  admits(host: string, came: { readonly serverName: string; readonly policy: number; readonly rule: string }): boolean {
    const number = this.numberFor(host);
    if (number === came.policy) return true;
    const now = this.choose(came.serverName === '' ? null : came.serverName);
    return typeof now !== 'string' && now.number === number && now.rule === came.rule;
  }

  /** The policy for a name (lower case, without trailing dot), or for a client that gives none. */
  choose(serverName: string | null): TlsPolicy | NoPolicy {
    const set = serverName === null ? this.defaultSet : (this.sets.named(serverName) ?? this.fallback());
    if (set === 'unknown-name') return set;
    return set.length === 0 ? 'no-certificate' : this.policy(set, this.ruleFor(serverName));
  }

  /**
   * The number for a request's host; -1 where that is not served. The last one is remembered: a client rarely asks for another.
   * @param host Normalised. May be one that no hello can name, such as `a~b.example`: rules hold for it all the same.
   */
  numberFor(host: string): number {
    if (host === this.lastHost) return this.lastNumber;
    const policy = this.choose(host.startsWith('[') || isAddress(host) ? null : host); // RFC 6066 §3: who wants an address names nothing
    this.lastHost = host;
    this.lastNumber = typeof policy === 'string' ? -1 : policy.number;
    return this.lastNumber;
  }

  private used(): TlsContexts[] {
    return [...this.policies.values()].map(({ contexts }) => contexts);
  }

  private fallback(): CertificateSet | 'unknown-name' {
    return this.plan.unknownNames === 'refuse' ? 'unknown-name' : this.defaultSet;
  }

  private ruleFor(serverName: string | null): ClientCertificatePlan | null {
    const rule = serverName === null ? null : this.rules.find(serverName);
    if (rule === 'none') return null;
    return rule ?? this.plan.clientCertificates;
  }

  private policy(set: CertificateSet, clients: ClientCertificatePlan | null): TlsPolicy {
    let byRule = this.found.get(set);
    if (byRule === undefined) this.found.set(set, (byRule = new Map<ClientCertificatePlan | null, TlsPolicy>()));
    let policy = byRule.get(clients);
    if (policy === undefined) byRule.set(clients, (policy = this.policyAnew(set, clients)));
    return policy;
  }

  private policyAnew(set: CertificateSet, clients: ClientCertificatePlan | null): TlsPolicy {
    const rule = ruleText(clients);
    const identity = JSON.stringify([set.map((index) => this.plan.certificates[index]!.source), rule]);
    let policy = this.policies.get(identity);
    if (policy === undefined) {
      policy = { number: this.numbers.of(identity), rule, clients, contexts: this.contextsFor(set, clients, identity) };
      this.policies.set(identity, policy);
    }
    return policy;
  }

  private contextsFor(set: CertificateSet, clients: ClientCertificatePlan | null, identity: string): TlsContexts {
    const chosen = set.map((index) => this.plan.certificates[index]!);
    const certificates = chosen.flatMap(({ material }) => material ?? []);
    const { minVersion, alpn, sessionTickets } = this.plan;
    const fresh = new TlsContexts({ certificates, clients, minVersion, alpn, sessionTickets, ocspResponse: stapled(chosen) }, identity);
    const known = this.contexts.get(fresh.key);
    if (known !== undefined) return known;
    this.contexts.set(fresh.key, fresh);
    return fresh;
  }
}

/** Two rules that ask the same of the same clients. What their files hold may change. */
function ruleText(clients: ClientCertificatePlan | null): string {
  return JSON.stringify(clients && [clients.mode, clients.caFiles, clients.crlFiles, clients.headers]);
}

function hostRules({ hosts }: TlsPlan): Map<string, ClientCertificatePlan | 'none'> {
  const rules = new Map<string, ClientCertificatePlan | 'none'>();
  for (const { serverNames, clientCertificates } of hosts) {
    for (const name of serverNames) {
      const pattern = canonicalPattern(name);
      if (pattern !== null) rules.set(pattern, clientCertificates ?? 'none');
    }
  }
  return rules;
}

/** For each name the certificates that are made out to it: the first of each type of key. */
function certificateSets(certificates: readonly CertificatePlan[]): Map<string, number[]> {
  const sets = new Map<string, number[]>();
  for (const [index, { names, material }] of certificates.entries()) {
    if (material === null) continue;
    for (const name of names) {
      const pattern = canonicalPattern(name);
      if (pattern === null) continue;
      const set = sets.get(pattern) ?? [];
      if (!set.some((other) => certificates[other]!.material!.keyType === material.keyType)) set.push(index);
      sets.set(pattern, set);
    }
  }
  return sets;
}

/** Null for addresses, which no client may ask for (RFC 6066 §3), and for what is no name. */
function canonicalPattern(name: string): string | null {
  const isWildcard = name.startsWith('*.');
  const canonical = canonicalServerName(isWildcard ? name.slice(2) : name);
  if (canonical === null || /^[0-9.]+$/.test(canonical)) return null;
  return isWildcard ? `*.${canonical}` : canonical;
}

/** The first certificate that is there, with those of other types for the same name. */
function defaultSet(certificates: readonly CertificatePlan[], sets: ReadonlyMap<string, CertificateSet>): CertificateSet {
  const first = certificates.findIndex(({ material }) => material !== null);
  if (first < 0) return [];
  for (const name of certificates[first]!.names) {
    const set = sets.get(canonicalPattern(name) ?? '');
    if (set?.includes(first) === true) return set;
  }
  return [first];
}

/** OpenSSL asks for an answer before it knows which of two certificates it will send: then none is stapled. */
function stapled(chosen: readonly CertificatePlan[]): Buffer | null {
  const [only] = chosen;
  if (only === undefined || chosen.length > 1 || only.material === null) return null;
  const { ocspResponse, mustStaple }: CertificateMaterial = only.material;
  const isWanted = only.ocsp === 'on' || (only.ocsp === 'auto' && mustStaple);
  return isWanted && ocspResponse !== null ? Buffer.from(ocspResponse, 'base64') : null;
}
