/** Orders by ACME that cannot succeed. */
import type { Report } from '../raw.ts';
import type { ValidConfig } from '../schema/config.ts';

/** Works on a valid configuration only. Warnings: the certificates may be ordered by another gateway on the same disk. */
export function warnAcme({ acme, listeners }: ValidConfig, report: Report): void {
  if (acme === undefined) return;
  const all = Object.values(listeners);
  const isUsed = all.some(({ tls }) => tls?.certificates.some((certificate) => 'acme' in certificate) === true);
  if (!isUsed) return report({ path: ['acme'], what: 'is used by no certificate' });
  if (acme.challenge !== 'http-01' || all.some(({ kind, tls }) => kind === 'http' && tls === null)) return;
  const hint = "add listeners: { web: { http: ':80' } }, or write challenge: tls-alpn-01";
  report({ path: ['acme', 'challenge'], what: 'is http-01, but no listener is in the clear: no name can be proved', hint });
}
