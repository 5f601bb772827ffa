/** Revocation lists (CRLs) of a test's own authority. */
import type { Timestamp } from '../../src/base/time.ts';
import type { PemPair } from '../../src/io/x509/authority.ts';
import { loadX509, signingKeys } from '../../src/io/x509/library.ts';

const DAY_MS = 86_400_000;

/** Lists an authority's revoked certificates. */
export async function makeRevocationList(options: {
  readonly authority: PemPair;
  /** Serial numbers in hex. */
  readonly revoked: readonly string[];
  readonly now: Timestamp;
  /** Default 30. */
  readonly days?: number;
}): Promise<string> {
  const x509 = await loadX509();
  const signer = await signingKeys(options.authority.keyPem);
  const notBefore = new Date(options.now - 3_600_000);
  const notAfter = new Date(options.now + (options.days ?? 30) * DAY_MS);
  const list = await x509.X509CrlGenerator.create({
    issuer: new x509.X509Certificate(options.authority.certPem).subjectName,
    thisUpdate: notBefore,
    nextUpdate: notAfter,
    entries: options.revoked.map((serial) => ({ serialNumber: serial, revocationDate: notBefore })),
    signingKey: signer.pair.privateKey,
    signingAlgorithm: signer.algorithm,
  });
  // The library writes the label `CRL`, which nobody else reads.
  return `${list
    .toString('pem')
    .trimEnd()
    .replaceAll(/(BEGIN|END) CRL/g, '$1 X509 CRL')}\n`;
}
