/** What must hold about a listener's TLS. */
import { normalizeHostPattern } from '../../core/routing/host.ts';
import { isAddress } from '../../core/tls/server-name.ts';
import type { Path } from '../fault.ts';
import { type RawConfig, rawField, rawList, rawObject, type Report } from '../raw.ts';

/** Reports a `tls` that is missing, out of place, or orders certificates from nowhere. */
export function checkListenerTls(tls: unknown, kind: string, config: RawConfig, path: Path, report: Report): void {
  const at = [...path, 'tls'];
  const isAddress = typeof tls === 'string' && tls !== 'dev';
  if (tls === undefined) {
    if (kind !== 'https') return;
    const hint = "write tls: 'dev', or tls: { certificates: [{ cert: FILE, key: FILE }] }";
    return report({ path, what: 'must have `tls`: a certificate for https', hint });
  }
  if (kind === 'http') return report({ path: at, what: 'has no place beside http', hint: 'write https: ADDRESS' });
  if (kind === 'udp') return report({ path: at, what: 'has no place beside udp' });
  if (kind === 'tls' && !isAddress) {
    return report({ path: at, what: 'must be an address where it stands alone', hint: 'write https: ADDRESS or tcp: ADDRESS beside it' });
  }
  if (kind !== 'tls' && isAddress) return report({ path: at, what: "must say how TLS ends here: 'dev' or an object", value: tls });
  checkAcme(rawField(tls, 'certificates'), config, at, report);
  checkHosts(rawField(tls, 'hosts'), [...at, 'hosts'], report);
}

/** A rule that does not hold, or that asks for nothing because it says nothing, would let in whom it was written against. */
function checkHosts(hosts: unknown, at: Path, report: Report): void {
  const seen = new Map<string, string>();
  for (const [name, rules] of Object.entries(rawObject(hosts))) {
    const host = normalizeHostPattern(name);
    if (host === null) continue; // the schema says so
    const path = [...at, name];
    const before = seen.get(host);
    if (before !== undefined) report({ path, what: `is the same host as ${JSON.stringify(before)}`, hint: 'keep one of them' });
    seen.set(host, name);
    if (host.startsWith('[') || isAddress(host)) {
      const hint = 'set clientCertificates for all names, or give it a listener of its own';
      report({ path, what: 'is an address, which clients do not name in TLS (RFC 6066 §3): the rule would hold for nobody', hint });
    }
    if (Object.keys(rawObject(rules)).length === 0) {
      report({ path, what: 'must say `clientCertificates`', hint: 'write clientCertificates: false to ask for none' });
    }
  }
}

function checkAcme(certificates: unknown, config: RawConfig, at: Path, report: Report): void {
  const list = Array.isArray(certificates) ? rawList(certificates) : [certificates];
  if (list.some((one) => rawField(one, 'acme') !== undefined) && config.acme === undefined) {
    const hint = "write acme: { email: 'you@example.com', terms: 'agreed' }";
    report({ path: at, what: 'orders a certificate by ACME, but there is no `acme` section', hint });
  }
  list.forEach((one, index) => {
    const names = rawField(one, 'acme');
    const isWild = (Array.isArray(names) ? names : [names]).some((name) => typeof name === 'string' && name.startsWith('*'));
    if (!isWild) return;
    const what = 'has a wildcard, which needs a DNS proof: not supported';
    report({ path: [...at, 'certificates', index, 'acme'], what, hint: 'name each host' });
  });
}
