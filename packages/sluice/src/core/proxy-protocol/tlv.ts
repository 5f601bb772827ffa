/**
 * The type-length-value part of version 2 (§2.2). Types that we do not know are passed over; a known one that comes twice is refused, since
 * two readers would choose differently. Text never holds control characters, so that it may go into headers and logs after escaping.
 */
import { latin1 } from '../http1/text.ts';
import type { ByteReader } from '../wire/byte-reader.ts';
import { crc32c } from './crc32c.ts';
import { malformed, NO_EXTRAS, type ProxyExtras, type ProxyFault, type ProxyTls } from './header.ts';

export const TLV = {
  alpn: 0x01,
  authority: 0x02,
  crc32c: 0x03,
  noop: 0x04,
  uniqueId: 0x05,
  ssl: 0x20,
  sslVersion: 0x21,
  sslCommonName: 0x22,
  sslCipher: 0x23,
  sslSignatureAlgorithm: 0x24,
  sslKeyAlgorithm: 0x25,
  networkNamespace: 0x30,
} as const;

/** Bits of the `client` byte (§2.2.6). */
export const SSL_CLIENT = { tls: 1, certificateOnConnection: 2, certificateInSession: 4 } as const;

/** §2.2.5. */
export const UNIQUE_ID_BYTES_MAX = 128;

const KNOWN: ReadonlySet<number> = new Set(Object.values(TLV));
const UTF8 = new TextDecoder('utf-8', { fatal: true });

const TEXT = malformed('A text TLV holds control characters or is not UTF-8 (§2.2).');

type Values = Map<number, ByteReader>;

/** Parses the TLVs that fill the reader, which reads the whole header: the checksum is over all of it. */
export function parseTlvs(reader: ByteReader): ProxyExtras | ProxyFault {
  if (reader.remaining === 0) return NO_EXTRAS;
  const header = reader.bytes;
  const values = collect(reader);
  if ('what' in values) return values;
  const checksum = values.get(TLV.crc32c);
  if (checksum !== undefined) {
    if (checksum.remaining !== 4) return malformed('The checksum is not 4 bytes (§2.2.3).');
    if (crc32c(header, checksum.at) !== checksum.u32()) return malformed('The checksum does not fit the header (§2.2.3).');
  }
  const uniqueId = values.get(TLV.uniqueId);
  if (uniqueId !== undefined && uniqueId.remaining > UNIQUE_ID_BYTES_MAX)
    return malformed('The unique id is longer than 128 bytes (§2.2.5).');
  const alpn = values.get(TLV.alpn);
  const authority = asciiText(values, TLV.authority);
  const networkNamespace = asciiText(values, TLV.networkNamespace);
  const ssl = values.get(TLV.ssl);
  const tls = ssl === undefined ? null : parseSsl(ssl);
  if (authority === undefined || networkNamespace === undefined) return TEXT;
  if (tls !== null && 'what' in tls) return tls;
  return {
    alpn: alpn === undefined || alpn.remaining === 0 ? null : latin1(alpn.bytes, alpn.at, alpn.end),
    authority,
    uniqueId: uniqueId?.copy() ?? null,
    tls,
    networkNamespace,
  };
}

/** Values by type; those of types that are not known are checked for their length only. */
function collect(reader: ByteReader): Values | ProxyFault {
  const values: Values = new Map();
  while (reader.remaining > 0) {
    const type = reader.u8();
    const value = reader.vector16();
    if (reader.isBroken) return malformed('A TLV is longer than what it stands in (§2.2).');
    if (type === TLV.noop || !KNOWN.has(type)) continue;
    if (values.has(type)) return malformed(`TLV 0x${type.toString(16)} comes twice (§2.2).`);
    values.set(type, value);
  }
  return values;
}

/** §2.2.6: flags, the result of the verification, TLVs of its own. */
function parseSsl(reader: ByteReader): ProxyTls | ProxyFault | null {
  const client = reader.u8();
  const verify = reader.u32();
  if (reader.isBroken) return malformed('The SSL TLV is shorter than 5 bytes (§2.2.6).');
  const values = collect(reader);
  if ('what' in values) return values;
  const version = asciiText(values, TLV.sslVersion);
  const cipher = asciiText(values, TLV.sslCipher);
  const signatureAlgorithm = asciiText(values, TLV.sslSignatureAlgorithm);
  const keyAlgorithm = asciiText(values, TLV.sslKeyAlgorithm);
  const commonName = utf8Text(values.get(TLV.sslCommonName));
  if (version === undefined || cipher === undefined || signatureAlgorithm === undefined) return TEXT;
  if (keyAlgorithm === undefined || commonName === undefined) return TEXT;
  if ((client & SSL_CLIENT.tls) === 0) return null;
  const certificate = certificateOf(client);
  const isVerified = certificate !== null && verify === 0;
  return { version, cipher, signatureAlgorithm, keyAlgorithm, commonName, certificate, isVerified };
}

function certificateOf(client: number): ProxyTls['certificate'] {
  if ((client & SSL_CLIENT.certificateOnConnection) !== 0) return 'connection';
  return (client & SSL_CLIENT.certificateInSession) === 0 ? null : 'session';
}

/** Visible ASCII; null when empty or absent, undefined when it is anything else. */
function asciiText(values: Values, type: number): string | null | undefined {
  const value = values.get(type);
  if (value === undefined || value.remaining === 0) return null;
  for (let at = value.at; at < value.end; at++) if (value.bytes[at]! <= 0x20 || value.bytes[at]! >= 0x7f) return undefined;
  return latin1(value.bytes, value.at, value.end);
}

/** UTF-8 without control characters; null when empty or absent, undefined when it is anything else. */
function utf8Text(value: ByteReader | undefined): string | null | undefined {
  if (value === undefined || value.remaining === 0) return null;
  try {
    const text = UTF8.decode(value.bytes.subarray(value.at, value.end));
    return /[\0-\x1f\x7f-\x9f\u2028\u2029]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
