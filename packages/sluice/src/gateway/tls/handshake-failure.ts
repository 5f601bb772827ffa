/** Why a handshake did not come to its end, in the words of the metrics. */
import { UNVERIFIED } from './verifying-server.ts';
import type { HandshakeFailure } from '../../observe/metric-layout.ts';

const BY_CODE: Readonly<Record<string, HandshakeFailure>> = {
  [UNVERIFIED]: 'client-certificate',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'client-certificate',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'no-match',
  ERR_SSL_VERSION_TOO_LOW: 'no-match',
  ERR_SSL_NO_SHARED_CIPHER: 'no-match',
  ERR_SSL_NO_SHARED_GROUP: 'no-match',
  ERR_SSL_NO_SUITABLE_KEY_SHARE: 'no-match',
  ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS: 'no-match',
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: 'no-match',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'no-match',
  ECONNRESET: 'closed',
  EPIPE: 'closed',
  ERR_SSL_UNEXPECTED_EOF_WHILE_READING: 'closed',
};

/** From the code of OpenSSL's or Node's error. */
export function handshakeFailure(code: string): HandshakeFailure {
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  // What the client says of us: `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA`, `ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED`, …
  return code.includes('_ALERT_') ? 'alert' : 'protocol';
}
