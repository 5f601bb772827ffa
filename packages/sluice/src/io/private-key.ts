/** Private keys for TLS: read from PEM, refused when they are encrypted, weak, or of a kind that no client speaks. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { certificateFault, type CertificateFault } from './certificate-fault.ts';
import { type Found, type PemBlock, pemBlocks, type PemText } from './pem.ts';

export type KeyType = 'rsa' | 'ec' | 'ed25519';

export interface ReadKey {
  readonly key: KeyObject;
  readonly type: KeyType;
}

/** What certificate authorities ask for, and OpenSSL's security level 2 (NIST SP 800-131A). */
const RSA_BITS_MIN = 2048;
/** The curves of TLS 1.3 (RFC 8446 §4.2.3). */
const CURVES: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1'];
const NEW_KEY = 'make a new one (openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256) and have it certified';

/** The first private key in a text. */
export function readPrivateKey(source: PemText): Found<ReadKey> {
  const { file } = source;
  const blocks = pemBlocks(source);
  if (!blocks.ok) return blocks;
  const block = blocks.value.find(({ label }) => label.endsWith('PRIVATE KEY'));
  if (block === undefined) {
    const labels = [...new Set(blocks.value.map(({ label }) => label))].join(', ');
    return { ok: false, fault: certificateFault('no-key', file, `has no private key in it, but ${labels}`, 'name the file with the key') };
  }
  if (isEncrypted(block)) {
    const hint = `decrypt it once, into a file that only this user may read: openssl pkey -in ${JSON.stringify(file)} -out FILE`;
    return { ok: false, fault: certificateFault('encrypted', file, 'has a key that needs a passphrase', hint) };
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(block.pem);
  } catch {
    return {
      ok: false,
      fault: certificateFault('malformed', file, 'has a private key that cannot be parsed', 'copy the whole file again'),
    };
  }
  return judgeKey(file, key);
}

function judgeKey(file: string, key: KeyObject): Found<ReadKey> {
  const fault = (kind: CertificateFault['kind'], what: string): Found<ReadKey> => ({
    ok: false,
    fault: certificateFault(kind, file, what, NEW_KEY),
  });
  switch (key.asymmetricKeyType) {
    case 'rsa': {
      const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
      if (bits < RSA_BITS_MIN) return fault('weak', `has an RSA key of ${bits} bits: at least ${RSA_BITS_MIN} are needed`);
      return { ok: true, value: { key, type: 'rsa' } };
    }
    case 'ec': {
      const curve = key.asymmetricKeyDetails?.namedCurve;
      if (!CURVES.includes(curve)) return fault('unsupported', `has a key on the curve ${curve}, which TLS clients do not speak`);
      return { ok: true, value: { key, type: 'ec' } };
    }
    case 'ed25519':
      return { ok: true, value: { key, type: 'ed25519' } };
    default:
      return fault('unsupported', `has a key of the type ${key.asymmetricKeyType}: RSA, ECDSA and Ed25519 can be used`);
  }
}

/** PKCS #8 says so in its label; the older form in a line (RFC 1421 §4.6.1.1). */
function isEncrypted({ label, pem }: PemBlock): boolean {
  return label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type: *4, *ENCRYPTED/m.test(pem);
}
