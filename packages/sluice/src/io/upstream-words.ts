/**
 * Why no connection to an endpoint came about, in words for who configures it: whose side is wrong, and which setting of the service says so. OpenSSL's own
 * texts name its source files, and Node's advise flags that nobody passes here.
 */

/** What Node adds to errors of connections and of TLS. */
interface ConnectionError extends Error {
  /** A number in a DOMException. */
  readonly code?: string | number;
  /** OpenSSL's. */
  readonly reason?: string;
  /** Of a certificate with other names. */
  readonly host?: string;
  readonly cert?: { readonly subjectaltname?: string };
}

const NO_TLS = 'what answers is no TLS: take `tls` out of the service, or name the port that has it';
const NO_PROTOCOL = "it speaks nothing that is offered by ALPN: try another `protocol` ('http1', 'http2', or 'auto' for either)";
const UNTRUSTED = 'its certificate is signed by nobody who is trusted here: name the authority, tls: { ca: FILE }';
const WANTS_CERTIFICATE = 'it does not accept our certificate, or wants one: tls: { cert: FILE, key: FILE }';
const NO_COMMON = 'no version or cipher of TLS in common: see `minVersion`';

const WORDS: ReadonlyMap<string, string> = new Map([
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNTRUSTED],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNTRUSTED],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNTRUSTED],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet'],
]);

/** By OpenSSL's reason; its alerts begin with the version that first had them. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/wrong version number|packet length too long|bad record type/, NO_TLS],
  [/alert no application protocol/, NO_PROTOCOL],
  [/alert (?:certificate required|bad certificate|unknown ca|certificate unknown)/, WANTS_CERTIFICATE],
  [/alert (?:handshake failure|protocol version)|unsupported protocol/, NO_COMMON],
];

/** The error in one line. */
export function connectionWords(error: Error): string {
  const { reason, host, cert, message } = error as ConnectionError;
  const code = String((error as ConnectionError).code ?? '');
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = cert?.subjectaltname?.replaceAll(/(?:DNS|IP Address):/g, '') ?? 'no name';
    return `its certificate is made out to ${names}, not to ${host ?? 'its address'}: tls: { serverName: NAME }`;
  }
  const words = WORDS.get(code);
  if (words !== undefined) return words;
  if (code === 'ECONNRESET' && message.includes('before secure TLS')) return 'it closed the connection during the TLS handshake';
  // An error that a write meets has OpenSSL's line in its message alone.
  const said = reason ?? /SSL routines:[^:]*:([^:]+):/.exec(message)?.[1];
  if (said === undefined) return message;
  return REASONS.find(([pattern]) => pattern.test(said))?.[1] ?? `TLS: ${said}`;
}

/** What the first bytes of a reply show, when they plainly are another protocol than the expected one; else null. */
export function foreignReply(bytes: Uint8Array, wanted: 'http1' | 'http2'): string | null {
  // RFC 9113 §3.4: a server's first frame is SETTINGS (type 4) on stream 0.
  if (wanted === 'http1' && bytes.length >= 9 && bytes[3] === 4 && bytes[5] === 0 && bytes[6] === 0 && bytes[7] === 0 && bytes[8] === 0)
    return "it speaks HTTP/2: protocol: 'http2' in the service";
  // RFC 8446 §5.1: an alert record.
  if (bytes.length >= 3 && bytes[0] === 0x15 && bytes[1] === 3) return 'it speaks TLS: tls: true in the service';
  if (wanted === 'http2' && Buffer.from(bytes.subarray(0, 7)).toString('latin1') === 'HTTP/1.')
    return 'it speaks HTTP/1.1, and HTTP/2 was asked for: see `protocol` of the service';
  return null;
}
