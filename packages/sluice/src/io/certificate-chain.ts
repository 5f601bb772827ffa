/** The certificates of a PEM text, and whether they stand in the order that TLS sends them: the server's own, its issuer, the issuer's issuer. */
import { X509Certificate } from 'node:crypto';
import type { Timestamp } from '../base/time.ts';
import { type CertificateFault, certificateFault } from './certificate-fault.ts';
import { type Found, pemBlocks, type PemText } from './pem.ts';

export interface ChainLink {
  readonly certificate: X509Certificate;
  readonly file: string;
}

const LABELS: readonly string[] = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'];

/** All certificates of a text; at least one. */
export function readCertificates(source: PemText): Found<readonly ChainLink[]> {
  const { file } = source;
  const blocks = pemBlocks(source);
  if (!blocks.ok) return blocks;
  const wanted = blocks.value.filter(({ label }) => LABELS.includes(label));
  if (wanted.length === 0) {
    const labels = [...new Set(blocks.value.map(({ label }) => label))].join(', ');
    const what = `has no certificate in it, but ${labels}`;
    return { ok: false, fault: certificateFault('no-certificate', file, what, 'name the file with the certificate') };
  }
  const links: ChainLink[] = [];
  for (const [index, { pem }] of wanted.entries()) {
    try {
      links.push({ certificate: new X509Certificate(pem), file });
    } catch {
      const what = `has a certificate that cannot be parsed (number ${index + 1} in it)`;
      return { ok: false, fault: certificateFault('malformed', file, what, 'copy the whole file again') };
    }
  }
  return { ok: true, value: links };
}

/** Null when each certificate was signed by the one after it. A root at the end is no fault, though clients have it already. */
export function orderFault(chain: readonly ChainLink[]): CertificateFault | null {
  for (let index = 1; index < chain.length; index++) {
    const [lower, upper] = [chain[index - 1]!, chain[index]!];
    if (isIssuedBy(lower.certificate, upper.certificate)) continue;
    const names = `number ${index + 1} (${subjectText(upper.certificate)}) did not sign number ${index} (${subjectText(lower.certificate)})`;
    const isElsewhere = chain.some((link) => link !== lower && isIssuedBy(lower.certificate, link.certificate));
    const hint = isElsewhere
      ? "put them in order: the server's own certificate, then its issuer, then the issuer's issuer"
      : `take number ${index + 1} out, or put the issuer in its place: ${subjectText(lower.certificate, 'issuer')}`;
    return certificateFault('order', upper.file, `has its certificates in the wrong order: ${names}`, hint);
  }
  return null;
}

/** Expired or not yet valid at this moment; null when neither. */
export function validityFault({ certificate, file }: ChainLink, now: Timestamp): CertificateFault | null {
  const subject = `has a certificate (${subjectText(certificate)}) that`;
  const from = certificate.validFromDate;
  const to = certificate.validToDate;
  if (now > to.getTime()) return certificateFault('expired', file, `${subject} expired on ${dayText(to)}`, 'renew it');
  if (now < from.getTime()) {
    return certificateFault(
      'not-yet-valid',
      file,
      `${subject} is not valid before ${dayText(from)}`,
      "check this machine's clock, or wait",
    );
  }
  return null;
}

/** Short, in one line, from a text that the certificate's author chose. */
export function subjectText(certificate: X509Certificate, of: 'subject' | 'issuer' = 'subject'): string {
  const lines = (certificate[of] ?? '').split('\n').filter((line) => line !== '');
  const text = lines.join(', ') || certificate.subjectAltName || 'no name';
  const plain = text.replace(/[^\x20-\x7e]/g, '?');
  return plain.length > 80 ? `${plain.slice(0, 80)}…` : plain;
}

function isIssuedBy(lower: X509Certificate, upper: X509Certificate): boolean {
  return lower.fingerprint256 !== upper.fingerprint256 && lower.checkIssued(upper) && lower.verify(upper.publicKey);
}

function dayText(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
