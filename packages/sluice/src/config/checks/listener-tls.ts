/** What must hold about a listener's TLS. */
import type { Path } from '../fault.ts';
import { type RawConfig, rawField, rawList, type Report } from '../raw.ts';

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
