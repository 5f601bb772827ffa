/** CA bundles and revocation lists (CRLs), for client certificates and upstream verification: read from PEM and checked. */
import { createSecureContext } from 'node:tls';
import type { Timestamp } from '../base/time.ts';
import { type DerElement, DerReader, TAG } from '../core/der/der-reader.ts';
import { isTime, readTime } from '../core/der/der-time.ts';
import { readCertificates, validityFault } from './certificate-chain.ts';
import { type CertificateFault, certificateFault } from './certificate-fault.ts';
import { pemBlocks, readPemText } from './pem.ts';

export type TrustReading =
  | { readonly ok: true; readonly pem: string; readonly warnings: readonly CertificateFault[] }
  | { readonly ok: false; readonly fault: CertificateFault };

/** Reads a bundle of trusted certificates. One that is out of its time is a warning. */
export async function readCaBundle(file: string, now: Timestamp): Promise<TrustReading> {
  const text = await readPemText(file);
  if (!text.ok) return text;
  const found = readCertificates(text.value);
  if (!found.ok) return found;
  const pem = found.value.map(({ certificate }) => certificate.toString()).join('');
  return { ok: true, pem, warnings: found.value.flatMap((link) => validityFault(link, now) ?? []) };
}

/** Reads revocation lists. One that is overdue is a warning with weight: OpenSSL then accepts no certificate of its issuer. */
export async function readRevocationLists(file: string, now: Timestamp): Promise<TrustReading> {
  const text = await readPemText(file);
  if (!text.ok) return text;
  const blocks = pemBlocks(text.value);
  if (!blocks.ok) return blocks;
  const lists = blocks.value.filter(({ label }) => label === 'X509 CRL');
  if (lists.length === 0) {
    const labels = [...new Set(blocks.value.map(({ label }) => label))].join(', ');
    const what = `has no revocation list in it, but ${labels}`;
    return { ok: false, fault: certificateFault('malformed', file, what, 'name the file with the CRL (BEGIN X509 CRL)') };
  }
  const warnings: CertificateFault[] = [];
  for (const { pem } of lists) {
    const times = listTimes(pem);
    if (times === null) {
      return {
        ok: false,
        fault: certificateFault('malformed', file, 'has a revocation list that cannot be parsed', 'copy the file again'),
      };
    }
    const warning = timeFault(file, times, now);
    if (warning !== null) warnings.push(warning);
  }
  return { ok: true, pem: lists.map(({ pem }) => pem).join(''), warnings };
}

interface ListTimes {
  readonly thisUpdate: Timestamp;
  readonly nextUpdate: Timestamp | null;
}

/** RFC 5280 §5.1: version, signature, issuer, thisUpdate, nextUpdate. Null when it is no list. */
function listTimes(pem: string): ListTimes | null {
  try {
    createSecureContext({ crl: pem });
    const bytes = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
    const body = new DerReader(bytes).enter(TAG.sequence, 'CertificateList').enter(TAG.sequence, 'TBSCertList');
    body.optional(TAG.integer);
    body.expect(TAG.sequence, 'signature algorithm');
    body.expect(TAG.sequence, 'issuer');
    const thisUpdate = readTime(body.next());
    const next: DerElement | null = isTime(body.peek()) ? body.next() : null;
    return { thisUpdate, nextUpdate: next === null ? null : readTime(next) };
  } catch {
    return null;
  }
}

function timeFault(file: string, { thisUpdate, nextUpdate }: ListTimes, now: Timestamp): CertificateFault | null {
  if (nextUpdate !== null && now > nextUpdate) {
    const what = `has a revocation list that was due to be replaced on ${isoText(nextUpdate)}: certificates of its issuer are refused`;
    return certificateFault('expired', file, what, 'fetch the current one');
  }
  if (now < thisUpdate) {
    const what = `has a revocation list that is not valid before ${isoText(thisUpdate)}`;
    return certificateFault('not-yet-valid', file, what, "check this machine's clock");
  }
  return null;
}

function isoText(time: Timestamp): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
